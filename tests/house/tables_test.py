"""Tables in the documentation that point at code stay true: what they name is there."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def rows(text):
    """The cells of each row of each table, headings left out."""
    for line in text.split("\n"):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and not set("".join(cells)) <= {"-"}:
            yield cells


def last_name(qualified):
    """`Keeper` of `seed::Keeper`, `operator<=>` and the like as they stand."""
    return qualified.split("::")[-1]


def names_not_in_their_headers(text, read):
    for cells in rows(text):
        headers = re.findall(r"`(\w+/\w+\.h)`", cells[-1])
        if not headers:
            continue
        contents = "\n".join(read(f"src/{header}") for header in headers)
        for name in re.findall(r"`(\w+::[\w:<=>]+)`", cells[1]):
            if last_name(name) not in contents:
                yield f"{cells[0]}: no '{name}' in {', '.join(headers)}"


def tests_that_are_not_there(text, read):
    """A proof is written `FILE: NAME`, NAME a test function or `Suite.name` as ctest lists it."""
    for cells in rows(text):
        for file, name in re.findall(r"`([\w/]+\.(?:py|cc)): ([\w.]+)`", cells[-1]):
            suite, _, test = name.rpartition(".")
            contents = read(file)
            planted = f"TEST({suite}, {test})" if file.endswith(".cc") else f"def {test}("
            fixture = f"TEST_F({suite}, {test})"
            if not re.sub(r"\s+", " ", contents).replace("( ", "(").count(planted) and \
                    fixture not in contents:
                yield f"{cells[0]}: no test '{name}' in {file}"


def rows_without_proof(text):
    for cells in rows(text):
        if cells[-1] != "shown by" and not re.search(r"`[^`]+`", cells[-1]):
            yield cells[0]


def read_file(path):
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.is_file() else ""


class TheTables(unittest.TestCase):
    def holds(self, complaints):
        found = list(complaints)
        self.assertFalse(found, "\n" + "\n".join(found))

    def test_the_library_has_every_name_that_its_table_promises(self):
        text = read_file("docs/library.md")
        self.assertGreater(len(list(rows(text))), 25)
        self.holds(names_not_in_their_headers(text, read_file))

    def test_every_promise_of_the_original_names_tests_that_are_there(self):
        text = read_file("docs/original.md")
        self.assertGreater(len(list(rows(text))), 60)
        self.holds(rows_without_proof(text))
        self.holds(tests_that_are_not_there(text, read_file))


class EveryRuleCanFail(unittest.TestCase):
    def test_a_name_that_is_gone(self):
        row = "| `Seed` | `seed::Seed` | `seed/document.h` |"
        self.assertTrue(list(names_not_in_their_headers(row, lambda _: "struct Other {}")))
        self.assertFalse(list(names_not_in_their_headers(row, lambda _: "struct Seed {}")))

    def test_a_test_that_is_gone_and_a_row_without_any(self):
        row = "| a promise | `tests/e2e/a_test.py: test_b` |"
        self.assertTrue(list(tests_that_are_not_there(row, lambda _: "def test_c(self):")))
        self.assertFalse(list(tests_that_are_not_there(row, lambda _: "def test_b(self):")))
        self.assertTrue(list(rows_without_proof("| a promise | trust us |")))


if __name__ == "__main__":
    unittest.main()
