// Runs a fuzz target over its corpus without libFuzzer, so that every input that once taught
// something stays a test under any compiler. Short files are also fed cut off at every length.
// usage: NAME_replay CORPUS_FOLDER
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz.h"

namespace {

/// Cutting at every length costs the square of a file's size.
constexpr std::size_t cut_bytes_max = 256;

void run(const std::string& input) {
    // A copy of the exact size, so that the sanitizers see a read past its end.
    const std::vector<std::uint8_t> bytes(input.begin(), input.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
        return 2;
    }
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
        paths.push_back(entry.path());
    std::ranges::sort(paths);
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        const std::string input{std::istreambuf_iterator<char>(file), {}};
        run(input);
        for (std::size_t size = 0; size < std::min(input.size(), cut_bytes_max); ++size)
            run(input.substr(0, size));
    }
    std::printf("%zu inputs\n", paths.size());
    return paths.empty() ? 1 : 0;
}
