"""The freeze file covers every released declaration, and refuses changed headers."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SDK = os.path.abspath(os.path.join(HERE, "..", "..", "sdk", "include"))
FREEZE = os.path.join(HERE, "freeze_0_10.c")
# What later versions add stands in files of their own.
EVERY_FREEZE = [FREEZE, os.path.join(HERE, "freeze_0_10_added.c")]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def released_headers():
    """The text of every released header, without comments."""
    for folder, _, files in os.walk(SDK):
        if os.path.basename(folder) == "draft":
            continue
        for name in sorted(files):
            if name.endswith(".h"):
                yield name, re.sub(r"/\*.*?\*/", "", read(os.path.join(folder, name)), flags=re.S)


def fields(body):
    for declaration in body.split(";"):
        match = re.search(r"\(\*(\w+)\)", declaration) or re.search(r"(\w+)(\[\d+\])?\s*$", declaration)
        if match:
            yield match[1]


def attempt(header=None, old=None, new=None):
    """Compiles and runs the freeze file against a copy of the headers in which one text is another. The headers'
    own asserts are off: what is tried is the freeze file."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(SDK, os.path.join(folder, "include"))

        def change(file, before, after):
            path = os.path.join(copy, "cadre", file)
            text = read(path)
            assert text.count(before) == 1, f"{file} has {text.count(before)} times: {before}"
            with open(path, "w", encoding="utf-8") as out:
                out.write(text.replace(before, after))

        change("abi.h", "_Static_assert(condition, text)", "_Static_assert(1, text)")
        if header:
            change(header, old, new)
        program = os.path.join(folder, "freeze")
        done = subprocess.run(["gcc", "-std=c11", "-I", copy, FREEZE, "-o", program], capture_output=True, text=True)
        if done.returncode == 0:
            done = subprocess.run([program], capture_output=True, text=True)
        return done.returncode == 0, done.stdout + done.stderr


class Coverage(unittest.TestCase):
    def test_every_struct_and_every_field_is_frozen(self):
        frozen = "".join(read(path) for path in EVERY_FREEZE)
        structs = 0
        for header, text in released_headers():
            for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\} \1;", text, flags=re.S):
                structs += 1
                self.assertRegex(frozen, rf"(OPEN|CLOSED)\({name}, \d+\);", header)
                for field in fields(body):
                    self.assertRegex(frozen, rf"FIELD\({name}, \d+, {field}, ", header)
        self.assertGreater(structs, 35)

    def test_every_struct_is_written_so_that_this_test_sees_it(self):
        for header, text in released_headers():
            self.assertEqual(len(re.findall(r"\bstruct \w+ \{", text)), len(re.findall(r"typedef struct (\w+) \{.*?\} \1;", text, flags=re.S)), header)
            self.assertNotRegex(text, r"\bunion\b|enum \w+ \{|: \d+;", header)

    def test_every_value_and_every_id_is_frozen(self):
        frozen = "".join(read(path) for path in EVERY_FREEZE)
        for header, text in released_headers():
            for body in re.findall(r"enum \{(.*?)\}", text, flags=re.S):
                for name in re.findall(r"(\w+) =", body):
                    self.assertIn(f"VALUE({name}, ", frozen, header)
            for name in re.findall(r"#define (CADRE_(?:ROLE|EXT|SERVICE)_\w+)\s+\\?\s*\"", text):
                self.assertIn(f"ID({name}, ", frozen, header)


class Refusals(unittest.TestCase):
    def refused(self, header, old, new, because):
        accepted, output = attempt(header, old, new)
        self.assertFalse(accepted, "the freeze file accepted it")
        self.assertIn(because, output)

    def test_the_released_headers_pass(self):
        accepted, output = attempt()
        self.assertTrue(accepted, output)

    def test_a_field_inserted_in_the_middle_is_refused(self):
        self.refused("order.h", "  int64_t limit_price_e9;", "  int64_t iceberg_e9;\n  int64_t limit_price_e9;",
                     "cadre_order.limit_price_e9 moved")

    def test_a_type_of_the_same_size_is_refused(self):
        self.refused("state.h", "  const int64_t* quantity_e9;", "  const uint64_t* quantity_e9;",
                     "cadre_execution_state.quantity_e9 has another type")

    def test_a_lost_const_is_refused(self):
        self.refused("state.h", "  const double* weight;", "  double* weight;", "cadre_execution_state.weight has another type")

    def test_two_fields_that_changed_places_are_refused(self):
        self.refused("market.h",
                     "  double strength;     /* >= 0; a z-score unless the source says otherwise */\n"
                     "  double confidence;   /* 0 .. 1 */\n",
                     "  double confidence;\n  double strength;\n", "cadre_signal.confidence moved")

    def test_a_renamed_field_is_refused(self):
        self.refused("order.h", "  int64_t decision_time_ns;", "  int64_t decided_ns;", "decision_time_ns")

    def test_a_parameter_of_a_function_is_refused(self):
        self.refused("role/trade_adjuster.h", "cadre_targets* targets);", "cadre_targets* targets, uint32_t flags);",
                     "cadre_trade_adjuster.adjust_trades has another type")

    def test_a_function_inserted_into_a_table_is_refused(self):
        self.refused("role/risk_manager.h", "  cadre_status (*analyze_risk)", "  void (*reset)(void* self);\n  cadre_status (*analyze_risk)",
                     "cadre_risk_manager.analyze_risk moved")

    def test_another_value_is_refused(self):
        self.refused("abi.h", "CADRE_DISCARD = 2,", "CADRE_DISCARD = 7,", "CADRE_DISCARD changed")

    def test_another_id_is_refused(self):
        self.refused("ext/log.h", '"cadre.log/1"', '"cadre.log/2"', "CADRE_EXT_LOG is")

    def test_an_open_struct_may_grow_at_its_end(self):
        accepted, output = attempt("order.h", "derived from the decision that caused it */\n", "*/\n  int64_t display_e9;\n")
        self.assertTrue(accepted, output)

    def test_a_closed_struct_may_not_grow(self):
        self.refused("proposal.h", "  double correlation; /* -1 .. 1 */", "  double correlation;\n  double lag;",
                     "cadre_pair may not grow")


if __name__ == "__main__":
    unittest.main(verbosity=2)
