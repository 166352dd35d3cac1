"""The house rules that a machine can check. Each rule is a function from sources to complaints, so
that each is also shown to catch a planted violation."""

import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

# What would let the world into a dry floor: time, chance, files, sockets, threads, logs, processes.
BANNED_BELOW_THE_WATERLINE = re.compile(
    r"\b(?:steady_clock|system_clock|high_resolution_clock|random_device|mt19937\w*|srand|getrandom"
    r"|ifstream|ofstream|fstream|fopen|std::thread|std::jthread|std::mutex|std::async|sleep_for"
    r"|usleep|nanosleep|getenv|recvfrom|sendto|posix_spawn|gettimeofday|clock_gettime|spdlog"
    r"|std::cout|std::cerr|std::cin)\b|(?<![\w.>:])(?:rand|time|socket|system|fork)\("
    r"|(?:std::time|(?<!\w)::open)\("
    r"|#include <(?:thread|mutex|fstream|iostream|random|future|condition_variable|sys/socket\.h"
    r"|unistd\.h|fcntl\.h|boost/[^>]*)>")
# The one place that prints: the last words of a process that found its own bug.
MAY_PRINT = {"src/base/assert.cc"}
DRY_PRINT = re.compile(r"\b(?:std::)?(?:f?printf|puts|abort)\(")


def tracked(*patterns):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return {name: (ROOT / name).read_text(encoding="utf-8")
            for name in sorted(set(listed)) if name and (ROOT / name).is_file()}


def floors_of(cmake):
    """What each floor may include, itself among it, and which floors are dry, from the same lines
    that link them."""
    allowed, dry = {}, set()
    above, below = {}, cmake.split("~~~ waterline")[0]
    for name, links in re.findall(r"scrimp_floor\((\w+)([^)]*)\)", cmake):
        lower = set(re.findall(r"scrimp_(\w+)", links))
        allowed[name] = {name}.union(lower, *(allowed[floor] for floor in lower))
        above[name] = lower
        if f"scrimp_floor({name} " in below:
            dry.add(name)
    return allowed, dry


def without_comments_and_strings(text):
    text = re.sub(r'R"(\w*)\((?:.|\n)*?\)\1"', '""', text)
    return re.sub(r'//[^\n]*|/\*(?:.|\n)*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
                  lambda m: "\n" * m.group().count("\n") or '""', text)


def floor_of(name):
    parts = name.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def includes_that_look_up(sources, allowed):
    for name, text in sources.items():
        floor = floor_of(name)
        for target in re.findall(r'^#include "(\w+)/', text, re.M):
            if floor in allowed and target not in allowed[floor]:
                yield f"{name}: floor '{floor}' includes floor '{target}', which it does not stand on"
            if name.startswith("sim/") and target in ("runtime", "providers", "app"):
                yield f"{name}: the simulator includes '{target}', which touches the world"


def world_reached_from_dry_floors(sources, dry):
    for name, text in sources.items():
        if floor_of(name) not in dry or name.endswith("_test.cc"):
            continue
        code = without_comments_and_strings(text)
        for match in BANNED_BELOW_THE_WATERLINE.finditer(code):
            yield f"{name}: '{match.group()}' below the waterline"
        if name not in MAY_PRINT:
            for match in DRY_PRINT.finditer(code):
                yield f"{name}: '{match.group()}' below the waterline"


def files_over_the_ceiling(sources):
    for name, text in sources.items():
        lines = text.count("\n")
        if lines > FILE_LINES_MAX:
            yield f"{name}: {lines} lines, the ceiling is {FILE_LINES_MAX}"


def functions_over_the_ceiling(sources):
    """Formatted code closes a function at the indentation at which its first line stands."""
    no_function = re.compile(r"^\s*(?:namespace|class|struct|enum|union|extern|if|for|while|switch"
                             r"|else|do|case|TEST|TEST_F|TEST_P|\}|//|#)\b|= \{$")
    for name, text in sources.items():
        lines = text.split("\n")
        for opening, line in enumerate(lines):
            if not line.endswith("{") or ")" not in line:
                continue
            start, open_parens = opening, line.count(")") - line.count("(")
            while open_parens > 0 and start > 0:
                start -= 1
                open_parens += lines[start].count(")") - lines[start].count("(")
            if no_function.match(lines[start]):
                continue
            close = re.match(" *", lines[start]).group() + "}"
            end = next((i for i in range(opening + 1, len(lines)) if lines[i].startswith(close)),
                       opening)
            if end - start + 1 > FUNCTION_LINES_MAX:
                yield f"{name}:{start + 1}: {end - start + 1} lines in one function, " \
                      f"the ceiling is {FUNCTION_LINES_MAX}"


def dead_headers(sources):
    """A header that only its own source file includes is part of no house."""
    included = set()
    for name, text in sources.items():
        for target in re.findall(r'^#include "([^"]+)"', text, re.M):
            beside = f"{name.rpartition('/')[0]}/{target}"
            header = next((h for h in (f"src/{target}", target, beside) if h in sources), None)
            if header and name != f"{header[:-2]}.cc":
                included.add(header)
    for name in sources:
        if name.endswith(".h") and name not in included:
            yield f"{name}: no other file includes it"


def headers_without_essay(sources):
    for name, text in sources.items():
        if name.endswith(".h") and (not text.startswith("//") or "#pragma once" not in text):
            yield f"{name}: a header starts with what it is, and with #pragma once"


def unfinished_work(sources):
    for name, text in sources.items():
        for match in re.finditer(r"\b(?:TODO|FIXME|XXX|HACK)\b", text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{name}:{line}: {match.group()}"


class TheHouse(unittest.TestCase):
    def setUp(self):
        self.sources = tracked("*.cc", "*.h")
        self.allowed, self.dry = floors_of((ROOT / "CMakeLists.txt").read_text())

    def holds(self, complaints):
        found = list(complaints)
        self.assertFalse(found, "\n" + "\n".join(found))

    def test_knows_its_floors(self):
        self.assertEqual(self.dry, {"base", "wire", "seed", "swim", "service", "proxy", "admin"})
        self.assertTrue({"runtime", "providers", "app"} <= self.allowed.keys())

    def test_a_floor_includes_only_floors_below_it(self):
        self.holds(includes_that_look_up(self.sources, self.allowed))

    def test_the_world_stays_above_the_waterline(self):
        self.holds(world_reached_from_dry_floors(self.sources, self.dry))

    def test_files_are_small(self):
        scripts = tracked("*.py", "*.sh", "*.go", "dev", "scripts/*")
        self.holds(files_over_the_ceiling({**self.sources, **scripts}))

    def test_functions_are_small(self):
        self.holds(functions_over_the_ceiling(self.sources))

    def test_no_header_is_dead(self):
        self.holds(dead_headers(self.sources))

    def test_every_header_says_what_it_is(self):
        self.holds(headers_without_essay(self.sources))

    def test_nothing_is_left_half_done(self):
        own = pathlib.Path(__file__).resolve().relative_to(ROOT).as_posix()
        everything = tracked("*.cc", "*.h", "*.py", "*.go", "*.sh", "dev", "*.cmake", "*.txt")
        self.holds(unfinished_work({n: t for n, t in everything.items() if n != own}))


class EveryRuleCanFail(unittest.TestCase):
    """A rule that finds nothing in a planted violation is no rule."""

    allowed = {"wire": {"wire", "base"}}

    def test_an_include_that_looks_up(self):
        planted = {"src/wire/a.cc": '#include "swim/node.h"\n', "sim/a.cc": '#include "app/config.h"\n'}
        self.assertEqual(len(list(includes_that_look_up(planted, self.allowed))), 2)

    def test_a_clock_below_the_waterline(self):
        planted = {"src/wire/a.cc": "auto t = std::chrono::steady_clock::now();\n",
                   "src/wire/b.cc": "#include <thread>\n", "src/wire/c.cc": 'std::printf("");\n',
                   "src/wire/d.cc": '// steady_clock\nauto s = "socket(";\n'}
        found = list(world_reached_from_dry_floors(planted, {"wire"}))
        self.assertEqual([c.split(":")[0] for c in found],
                         ["src/wire/a.cc", "src/wire/b.cc", "src/wire/c.cc"])

    def test_a_long_file_and_a_long_function(self):
        self.assertTrue(list(files_over_the_ceiling({"a.cc": "\n" * (FILE_LINES_MAX + 1)})))
        body = "    work();\n" * FUNCTION_LINES_MAX
        planted = {"a.cc": "int f() {\n" + body + "}\n", "b.cc": "int g(\n    int x) {\n" + body + "}\n",
                   "c.cc": "namespace n {\n" + body + "}\n"}
        self.assertEqual(len(list(functions_over_the_ceiling(planted))), 2)

    def test_a_dead_header_and_one_without_words(self):
        planted = {"src/wire/zz.h": "#pragma once\n", "src/wire/zz.cc": '#include "wire/zz.h"\n'}
        self.assertTrue(list(dead_headers(planted)))
        self.assertTrue(list(headers_without_essay(planted)))

    def test_unfinished_work(self):
        self.assertTrue(list(unfinished_work({"a.cc": "// TODO later\n"})))


if __name__ == "__main__":
    unittest.main()
