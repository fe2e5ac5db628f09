"""Packages of a build, for tests: builds them, looks into them, unpacks them, and installs them in a root of Debian.

    folder = build_packages(build)                      # cadre_VERSION_ARCH.deb and cadre-sdk_VERSION_ARCH.deb
    newer = build_packages(build, version="0.10.1")     # the same as a later version
    root = unpack(folder.cadre)                         # its files, below a folder
    with Chroot(folder) as chroot:                      # as root, with a Debian mirror: a machine to install in
        chroot.install(folder.cadre)
        chroot.run("cadre --version")
"""

import os
import re
import shutil
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
# Bases of Debian that were made once are kept here, for all tests.
BASES = os.environ.get("CADRE_TEST_ROOTS", os.path.join(os.path.expanduser("~"), ".cache", "cadre-test-roots"))


def output_of(*command, **more):
    """What it prints; an AssertionError with all of it when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Packages:
    """Paths of the two packages of one version."""

    def __init__(self, folder, version):
        self.folder, self.version = folder, version
        architecture = output_of("dpkg", "--print-architecture").strip()
        self.cadre = os.path.join(folder, f"cadre_{version}_{architecture}.deb")
        self.sdk = os.path.join(folder, f"cadre-sdk_{version}_{architecture}.deb")


def project_version():
    with open(os.path.join(ROOT, "CMakeLists.txt"), encoding="utf-8") as file:
        return re.search(r"^project\(Cadre VERSION (\S+)", file.read(), re.M)[1]


def build_packages(build, version=None, folder=None):
    """Packs what is built already: no compiler runs. `version`: another one than the project's, for an upgrade."""
    version = version or project_version()
    folder = folder or tempfile.mkdtemp(prefix="cadre_packages_")
    output_of("cpack", "--config", os.path.join(build, "CPackConfig.cmake"), "-G", "DEB", "-B", folder,
              "-D", f"CPACK_PACKAGE_VERSION={version}", cwd=build)
    shutil.rmtree(os.path.join(folder, "_CPack_Packages"), ignore_errors=True)
    return Packages(folder, version)


def field(package, name):
    return output_of("dpkg-deb", "--field", package, name).strip()


def contents(package):
    """{path: (mode, owner, size)}; paths begin with a slash."""
    found = {}
    for line in output_of("dpkg-deb", "--contents", package).splitlines():
        mode, owner, size, _, _, path = line.split(maxsplit=5)
        found[path.removeprefix(".")] = (mode, owner, int(size))
    return found


def unpack(package, folder=None):
    folder = folder or tempfile.mkdtemp(prefix="cadre_unpacked_")
    output_of("dpkg-deb", "--extract", package, folder)
    return folder


def debian_mirror():
    """The one that this machine installs from; None where there is none."""
    for folder, _, names in os.walk("/etc/apt"):
        for name in sorted(names):
            if name.endswith((".list", ".sources")):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    found = re.search(r"https?://\S*/debian/?(?=\s|$)", file.read())
                if found:
                    return found[0]
    return None


def can_make_chroots():
    return os.geteuid() == 0 and shutil.which("debootstrap") is not None and debian_mirror() is not None


class Chroot:
    """A minimal Debian in a folder of its own, gone with the object. Takes root, debootstrap and a mirror."""

    def __init__(self, suite="bookworm"):
        self.base = os.path.join(BASES, suite)
        self.suite = suite
        self.mounted = []
        self.root = None

    def __enter__(self):
        self.make_base()
        self.root = tempfile.mkdtemp(prefix="root.", dir=BASES)
        os.chmod(self.root, 0o755)
        output_of("cp", "-a", self.base + "/.", self.root)
        for name in ("resolv.conf", "hosts"):
            shutil.copy(os.path.join("/etc", name), os.path.join(self.root, "etc", name))
        for kind, source, place in (("proc", "proc", "proc"), ("tmpfs", "tmpfs", "tmp"), ("tmpfs", "tmpfs", "run")):
            self.mount("-t", kind, source, place)
        self.mount("--bind", "/dev", "dev")
        return self

    def mount(self, *words):
        place = os.path.join(self.root, words[-1])
        output_of("mount", *words[:-1], place)
        self.mounted.append(place)

    def __exit__(self, *_):
        for place in reversed(self.mounted):
            subprocess.run(["umount", "--lazy", place], check=False)
        if not any(os.path.ismount(place) for place in self.mounted):
            shutil.rmtree(self.root, ignore_errors=True)

    def make_base(self):
        if os.path.exists(os.path.join(self.base, ".ready")):
            return
        shutil.rmtree(self.base, ignore_errors=True)
        os.makedirs(BASES, exist_ok=True)
        output_of("debootstrap", "--variant=minbase", "--include=ca-certificates", self.suite, self.base, debian_mirror())
        # The same sources and settings of apt as here, so that installing works as it does here.
        for name in ("sources.list.d", "apt.conf.d"):
            shutil.copytree(os.path.join("/etc/apt", name), os.path.join(self.base, "etc", "apt", name), dirs_exist_ok=True)
        for name in os.listdir(os.path.join(self.base, "etc", "apt", "sources.list.d")):
            if not name.startswith("debian"):
                os.remove(os.path.join(self.base, "etc", "apt", "sources.list.d", name))
        if os.listdir(os.path.join(self.base, "etc", "apt", "sources.list.d")):
            os.remove(os.path.join(self.base, "etc", "apt", "sources.list"))
        output_of("touch", os.path.join(self.base, ".ready"))

    def try_to(self, command, user=None):
        """Runs a line of a shell in it: (exit code, what it printed)."""
        words = ["chroot", *([f"--userspec={user}"] if user else []), self.root, "env", "-i", "HOME=/root", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive",
                 "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c", command]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL, cwd="/")
        return done.returncode, done.stdout

    def run(self, command, user=None):
        """The same, and it has to end well: what it printed."""
        code, printed = self.try_to(command, user)
        if code != 0:
            raise AssertionError(f"{command} ended with {code}:\n{printed}")
        return printed

    def install(self, *packages):
        """Packages of this machine, with what they depend on from the mirror."""
        places = []
        for package in packages:
            shutil.copy(package, os.path.join(self.root, "tmp"))
            places.append("/tmp/" + os.path.basename(package))
        if not os.listdir(os.path.join(self.root, "var", "lib", "apt", "lists")):
            self.run("apt-get update")
        return self.run("apt-get install --yes --no-install-recommends " + " ".join(places))
