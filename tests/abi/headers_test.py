"""Every header of the C ABI stands alone, in every standard and with every compiler there is."""

import os
import shutil
import subprocess
import tempfile
import unittest

SDK = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "sdk", "include"))
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror", "-fsyntax-only"]
STANDARDS = {"c": ("c11", "c17"), "cpp": ("c++11", "c++14", "c++17", "c++20")}
COMPILERS = [pair for pair in ({"c": "gcc", "cpp": "g++"}, {"c": "clang", "cpp": "clang++"}) if shutil.which(pair["c"])]


def headers():
    """cadre/..., every header of the SDK's C part, released or draft."""
    found = []
    for folder, folders, files in os.walk(SDK):
        folders.sort()
        found += [os.path.relpath(os.path.join(folder, f), SDK) for f in sorted(files) if f.endswith(".h")]
    return found


def compile_each(language, standard, compiler, bodies):
    """Compiles one file per (name, text) in one run of the compiler."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, text in bodies:
            files.append(os.path.join(folder, name.replace("/", "_") + "." + language))
            with open(files[-1], "w", encoding="utf-8") as file:
                file.write(text)
        return subprocess.run([compiler[language], f"-std={standard}", *STRICT, "-I", SDK, *files],
                              capture_output=True, text=True)


class Headers(unittest.TestCase):
    def test_every_header_compiles_alone_and_twice(self):
        bodies = [(h, f'#include "{h}"\n#include "{h}"\n') for h in headers()]
        self.assertGreater(len(bodies), 20)
        for compiler in COMPILERS:
            for language, standards in STANDARDS.items():
                for standard in standards:
                    with self.subTest(compiler=compiler[language], standard=standard):
                        done = compile_each(language, standard, compiler, bodies)
                        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_the_compilers_do_refuse_what_is_no_c11(self):
        for compiler in COMPILERS:
            done = compile_each("c", "c11", compiler, [("bad", '#include "cadre/abi.h"\nint f(cadre_string s) { return; }\n')])
            self.assertNotEqual(done.returncode, 0)

    def test_texts_and_ids_are_usable_from_both_languages(self):
        text = ('#include "cadre/cadre.h"\nextern const cadre_string role;\n'
                'const cadre_string role = CADRE_TEXT(CADRE_ROLE_POSITION_SIZER);\n')
        for compiler in COMPILERS:
            for language, standards in STANDARDS.items():
                done = compile_each(language, standards[0], compiler, [("text", text)])
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_the_header_of_all_includes_every_released_one(self):
        with open(os.path.join(SDK, "cadre", "cadre.h"), encoding="utf-8") as file:
            text = file.read()
        missing = [h for h in headers() if "/draft/" not in h and h != "cadre/cadre.h" and f'"{h}"' not in text]
        self.assertEqual(missing, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
