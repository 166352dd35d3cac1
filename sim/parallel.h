// Many independent runs on all processors, their results taken in order: what a program prints does
// not depend on which run was quicker. A World shares nothing with another one, so a run is a task.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace scrimp::sim {

/// Calls work(0) … work(count - 1) on `jobs` threads, and take(i, result) on the calling thread, in
/// order of i. `work` must be safe to call from several threads at once.
template <class Work, class Take>
void in_parallel(std::size_t count, std::size_t jobs, Work&& work, Take&& take) {
    using Outcome = decltype(work(std::size_t{0}));
    std::mutex mutex;
    std::condition_variable arrived;
    std::size_t next = 0;
    std::map<std::size_t, Outcome> done;
    const auto labour = [&] {
        for (;;) {
            std::unique_lock lock(mutex);
            if (next == count) return;
            const std::size_t mine = next++;
            lock.unlock();
            Outcome outcome = work(mine);
            lock.lock();
            done.emplace(mine, std::move(outcome));
            arrived.notify_one();
        }
    };
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < std::min(jobs, count); ++i) threads.emplace_back(labour);
    for (std::size_t i = 0; i < count; ++i) {
        std::unique_lock lock(mutex);
        arrived.wait(lock, [&] { return done.contains(i); });
        auto outcome = done.extract(i);
        lock.unlock();
        take(i, std::move(outcome.mapped()));
    }
}

}  // namespace scrimp::sim
