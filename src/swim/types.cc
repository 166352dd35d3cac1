#include "swim/types.h"

#include "base/assert.h"

namespace scrimp::swim {

std::string_view name_of(State state) {
    switch (state) {
        case State::Alive:
            return "alive";
        case State::Suspect:
            return "suspect";
        case State::Dead:
            return "dead";
        case State::Left:
            return "left";
    }
    SCRIMP_ASSERT(false);
}

std::string_view name_of(Change change) {
    switch (change) {
        case Change::Joined:
            return "joined";
        case Change::Updated:
            return "updated";
        case Change::Suspected:
            return "suspected";
        case Change::Recovered:
            return "recovered";
        case Change::Left:
            return "left";
        case Change::Failed:
            return "failed";
    }
    SCRIMP_ASSERT(false);
}

}  // namespace scrimp::swim
