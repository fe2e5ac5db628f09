"""A tree that keeps the rules passes; each single breach is found, named once, with its place."""

import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import check_layers  # noqa: E402  (found beside this file)

GOOD = {
    "CMakeLists.txt": "",
    "README.md": "",
    ".gitignore": "",
    "host/CMakeLists.txt": "set(CADRE_HOST_LAYERS base\n    chain backtest live)\n",
    "docs/architecture.md": "# A\n\n## Layers\n\nText.\n\n| folder | duty |\n|---|---|\n| base | a |\n| `chain` | b |\n| backtest | c |\n"
                            "| live | d |\n\nText.\n\n| other | table |\n|---|---|\n",
    "host/backtest/run.hpp": "",
    "host/live/run.hpp": "",
    "host/base/clock.hpp": "#include <cstdint>\n#include <boost/json.hpp>\n",
    "host/base/clock.cpp": '#include "host/base/clock.hpp"\n',
    "host/chain/loop.cpp": '#include "host/base/clock.hpp"\n#include "cadre/plugin.h"\n#include "stages.inl"\n',
    "host/chain/stages.inl": "",
    "plugins/sizer/size.cpp": '#include <Eigen/Core>\n#include <stdint.h>\n#include <vector>\n#include "cadre/plugin.h"\n'
                              '#include "plugins/sizer/size.hpp"\n#include "size.hpp"\n',
    "plugins/sizer/size.hpp": "",
    "plugins/python_host/python.hpp": "#include <Python.h>\n#include <numpy/arrayobject.h>\n#include <dlfcn.h>\n",
    "sdk/include/cadre/plugin.h": '#include <stdint.h>\n#include "cadre/core.h"\n',
    "sdk/include/cadre/core.h": "",
    "sdk/cpp/agent.hpp": '#include <memory>\n#include "cadre/core.h"\n',
}

BREACHES = [
    # name, file, text, the start of the one problem
    ("host folder below", "host/base/clock.cpp", '\n#include "host/chain/loop.hpp"\n', "host/base/clock.cpp:2: includes host/chain"),
    ("host folder unknown", "host/chain/loop.cpp", '#include "host/misc/x.hpp"\n', "host/chain/loop.cpp:1: includes host/misc"),
    ("host folder not there", "host/CMakeLists.txt", "set(CADRE_HOST_LAYERS base chain backtest live ghost)", "host/CMakeLists.txt:1: CADRE_HOST_LAYERS names ghost"),
    ("siblings", "host/live/x.cpp", '#include "host/backtest/run.hpp"\n', "host/live/x.cpp:1: includes host/backtest/run.hpp; live and backtest are siblings"),
    ("table in another order", "docs/architecture.md", "## Layers\n| folder |\n|---|\n| chain |\n| base |\n| backtest |\n| live |\n",
     "docs/architecture.md:4: names chain where"),
    ("table without a folder", "docs/architecture.md", "## Layers\n| folder |\n|---|\n| base |\n| chain |\n| backtest |\n", "docs/architecture.md:6: the table of layers"),
    ("table with a folder too many", "docs/architecture.md",
     "## Layers\n| folder |\n|---|\n| base |\n| chain |\n| backtest |\n| live |\n| old |\n", "docs/architecture.md:7: the table of layers"),
    ("host folder not listed", "host/misc/x.cpp", "#include <vector>\n", "host/misc/x.cpp:1: host/misc is not in"),
    ("host includes a plugin", "host/chain/loop.cpp", '#include "plugins/sizer/size.hpp"\n', "host/chain/loop.cpp:1:"),
    ("host climbs out", "host/base/clock.cpp", '#include "../chain/stages.inl"\n', "host/base/clock.cpp:1:"),
    ("plugin includes the host", "plugins/sizer/size.cpp", '# include "host/base/clock.hpp"\n', "plugins/sizer/size.cpp:1:"),
    ("plugin includes a plugin", "plugins/other/a.cpp", '#include "plugins/sizer/size.hpp"\n', "plugins/other/a.cpp:1:"),
    ("plugin climbs out", "plugins/other/a.cpp", '#include "../sizer/size.hpp"\n', "plugins/other/a.cpp:1:"),
    ("plugin includes Boost", "plugins/sizer/size.cpp", "#include <boost/json.hpp>\n", "plugins/sizer/size.cpp:1:"),
    ("another plugin includes Python", "plugins/sizer/size.cpp", "#include <Python.h>\n", "plugins/sizer/size.cpp:1:"),
    ("the host of Python includes the system", "plugins/python_host/python.hpp", "#include <sys/socket.h>\n",
     "plugins/python_host/python.hpp:1:"),
    ("plugin includes the system", "plugins/sizer/size.cpp", "#include <sys/socket.h>\n", "plugins/sizer/size.cpp:1:"),
    ("ABI includes C++", "sdk/include/cadre/core.h", "#include <vector>\n", "sdk/include/cadre/core.h:1:"),
    ("ABI includes Eigen", "sdk/include/cadre/core.h", "#include <Eigen/Core>\n", "sdk/include/cadre/core.h:1:"),
    ("SDK includes the host", "sdk/cpp/agent.hpp", '#include "host/base/clock.hpp"\n', "sdk/cpp/agent.hpp:1:"),
    ("top level", "scripts/x.sh", "", "scripts:1: does not belong"),
    ("no list of layers", "host/CMakeLists.txt", "", "host/CMakeLists.txt:1: has no list"),
]


def write_tree(root, files):
    for path, text in files.items():
        os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
        with open(os.path.join(root, path), "w", encoding="utf-8") as file:
            file.write(text)
    subprocess.run(["git", "-C", root, "init", "-q"], check=True)
    subprocess.run(["git", "-C", root, "add", "-A"], check=True)


class Layers(unittest.TestCase):
    def problems_of(self, files):
        with tempfile.TemporaryDirectory() as root:
            write_tree(root, files)
            return check_layers.problems(root)

    def test_a_good_tree_passes(self):
        self.assertEqual(self.problems_of(GOOD), [])

    def test_each_breach_is_found(self):
        for name, file, text, expected in BREACHES:
            with self.subTest(name):
                found = self.problems_of({**GOOD, file: text})
                if name in ("no list of layers", "host folder not there"):
                    found = found[:1]  # then other things do not fit either
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(expected), found)

    def test_siblings_of_the_baseline_pass_and_the_baseline_only_falls(self):
        file, path = "host/live/x.cpp", "host/backtest/run.hpp"
        baseline = {check_layers.SIBLING_BASELINE: f"# head\n{file} {path}\n"}
        self.assertEqual(self.problems_of({**GOOD, **baseline, file: f'#include "{path}"\n'}), [])
        found = self.problems_of({**GOOD, **baseline})
        self.assertEqual([line.partition(":")[0] for line in found], [check_layers.SIBLING_BASELINE])

    def test_an_untracked_entry_is_not_ours(self):
        with tempfile.TemporaryDirectory() as root:
            write_tree(root, GOOD)
            os.mkdir(os.path.join(root, "build"))
            self.assertEqual(check_layers.problems(root), [])

    def test_the_program_says_so_with_its_exit_status(self):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "check_layers.py")
        for files, status in ((GOOD, 0), ({**GOOD, "scripts/x.sh": ""}, 1)):
            with tempfile.TemporaryDirectory() as root:
                write_tree(root, files)
                ran = subprocess.run([sys.executable, script, root], capture_output=True, text=True, check=False)
                self.assertEqual(ran.returncode, status, ran.stdout + ran.stderr)


if __name__ == "__main__":
    unittest.main()
