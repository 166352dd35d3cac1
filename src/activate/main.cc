// scrimplb-activate: see app/activate.h.
#include "app/activate.h"

int main(int argc, char** argv) {
    return scrimp::app::run_activate({argv + 1, argv + argc});
}
