"""The schemas in manifests/schema are JSON Schema, let in every file that is kept here, and refuse what the host refuses.

jsonschema, an implementation that is not ours, reads both. Usage: schemas_test.py --root ROOT --manifests DIR
"""

import copy
import glob
import json
import os
import sys
import unittest

import jsonschema

root = sys.argv[sys.argv.index("--root") + 1]
manifests = sys.argv[sys.argv.index("--manifests") + 1]


def load(*parts):
    with open(os.path.join(root, *parts), encoding="utf-8") as file:
        return json.load(file)


FILES = {"scenario": ["manifests/scenarios/*.json"], "host": ["manifests/hosts/*.json"], "chain": ["manifests/chains/*.json"],
         "experiment": ["manifests/experiments/*.json"], "manifest": [os.path.join(manifests, "*.json")]}


class Schemas(unittest.TestCase):
    def errors(self, kind, value):
        schema = load("manifests", "schema", f"{kind}.schema.json")
        jsonschema.Draft7Validator.check_schema(schema)
        return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(value)]

    def test_files_that_the_host_takes_are_valid(self):
        for kind, patterns in FILES.items():
            files = [name for pattern in patterns for name in glob.glob(os.path.join(root, pattern))]
            self.assertTrue(files, kind)
            for name in files:
                with self.subTest(name):
                    self.assertEqual(self.errors(kind, load(name)), [])

    def test_a_key_that_the_host_does_not_know_is_not_valid(self):
        scenario = load("manifests", "scenarios", "demo.json")
        for place in ((), ("data",), ("data", "prices"), ("book",)):
            wrong = copy.deepcopy(scenario)
            inner = wrong
            for key in place:
                inner = inner[key]
            inner["pricse"] = 1
            self.assertIn("'pricse' does not match", " ".join(self.errors("scenario", wrong)))
            del inner["pricse"]
            inner["x-desk"], inner["$schema"] = 1, "scenario.schema.json"
            self.assertEqual(self.errors("scenario", wrong), [])

    def test_each_says_which_one_it_is(self):
        for name in glob.glob(os.path.join(root, "manifests", "schema", "*.schema.json")):
            schema = load(name)
            self.assertEqual(schema["$schema"], "http://json-schema.org/draft-07/schema#")
            self.assertRegex(schema["$id"], f"^urn:cadre:schema:{os.path.basename(name).split('.')[0]}:[0-9]+[.][0-9]+[.][0-9]+$")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
