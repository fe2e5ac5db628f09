"""Packages of a build, for tests: builds them, looks into them, unpacks them, and installs them in a root of Debian.

    folder = build_packages(build)                      # cadre_VERSION_ARCH.deb and cadre-sdk_VERSION_ARCH.deb
    newer = build_packages(build, version="0.10.1")     # the same as a later version
    root = unpack(folder.cadre)                         # its files, below a folder
    with Chroot() as chroot:                            # as root, with a Debian mirror: a Debian to install in
        chroot.install(folder.cadre)                    # with what it depends on; nothing is started
        chroot.run("cadre --version")
        with chroot.boot() as machine:                  # the same, with a systemd that runs
            machine.run("systemctl status cadre")
            machine.socket                              # of its service, for running_host.Client
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

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


def repack(package, change):
    """The same package with other files: `change` is called with the folder of its content, and may edit what is there."""
    folder = tempfile.mkdtemp(prefix="cadre_repacked_")
    try:
        output_of("dpkg-deb", "--raw-extract", package, folder)
        change(folder)
        output_of("dpkg-deb", "--root-owner-group", "--build", folder, package)
    finally:
        shutil.rmtree(folder)


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


PLAIN = ["env", "-i", "HOME=/root", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]


class Shell:
    """Runs lines of a shell somewhere else: `words` lead there."""

    def words(self):
        raise NotImplementedError

    def try_to(self, command, user=None):
        """(exit code, what it printed, both streams). `user`: who has been logged in, with all of their groups."""
        line = ["setpriv", "--reuid", user, "--regid", user, "--init-groups", "sh", "-c", command] if user else ["sh", "-c", command]
        done = subprocess.run([*self.words(), *PLAIN, *line], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL, cwd="/")
        return done.returncode, done.stdout

    def run(self, command, user=None):
        """The same, and it has to end well: what it printed."""
        code, printed = self.try_to(command, user)
        if code != 0:
            raise AssertionError(f"{command} ended with {code}:\n{printed}")
        return printed


class Chroot(Shell):
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
        self.mount_all()
        return self

    def __exit__(self, *_):
        self.unmount_all()
        if not self.mounted:
            shutil.rmtree(self.root, ignore_errors=True)

    def mount_all(self):
        for kind, place in (("proc", "proc"), ("tmpfs", "run"), ("devtmpfs", "dev")):
            output_of("mount", "-t", kind, kind, os.path.join(self.root, place))
            self.mounted.append(os.path.join(self.root, place))

    def unmount_all(self):
        for place in reversed(self.mounted):
            subprocess.run(["umount", "--lazy", place], check=False)
        self.mounted = [place for place in self.mounted if os.path.ismount(place)]

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

    def words(self):
        return ["chroot", self.root]

    def put(self, file):
        """A copy of a file of this machine: where it is in the chroot."""
        os.makedirs(os.path.join(self.root, "srv"), exist_ok=True)
        shutil.copy(file, os.path.join(self.root, "srv"))
        return "/srv/" + os.path.basename(file)

    def install(self, *packages):
        """Packages of this machine, with what they depend on from the mirror."""
        places = [self.put(package) for package in packages]
        if not self.run("ls /var/lib/apt/lists | grep Packages || true"):
            self.run("apt-get update")
        return self.run("apt-get install --yes --no-install-recommends " + " ".join(places))

    def boot(self):
        return Machine(self)


class Machine(Shell):
    """A chroot with a systemd that runs, in a container (systemd-nspawn), until the end of the block. Its network is this machine's."""

    # Of what a container's filter does not know, and a machine has.
    CALLS = "landlock_create_ruleset landlock_add_rule landlock_restrict_self"

    def __init__(self, chroot):
        self.chroot, self.container, self.leader = chroot, None, None

    def __enter__(self):
        self.chroot.unmount_all()
        self.log = open(os.path.join(self.chroot.root, "srv", "boot.log"), "wb")
        self.container = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--system-call-filter=" + self.CALLS, "--directory", self.chroot.root, "--boot"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        try:
            self.wait_for("the container", self.find_leader)
            self.wait_for("systemd", lambda: self.try_to("systemctl is-system-running")[1].strip() in ("running", "degraded"))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.leader is not None and self.container.poll() is None:
            os.kill(self.leader, signal.SIGRTMIN + 4)  # systemd powers off
        try:
            self.container.wait(60)
        except subprocess.TimeoutExpired:
            self.container.kill()
            self.container.wait()
        self.log.close()
        self.chroot.mount_all()

    def find_leader(self):
        with open(f"/proc/{self.container.pid}/task/{self.container.pid}/children", encoding="ascii") as file:
            children = file.read().split()
        self.leader = int(children[0]) if children else None
        return self.leader is not None

    def wait_for(self, what, holds, deadline_s=90):
        """Asks until it holds: what it gave."""
        end = time.monotonic() + deadline_s
        while True:
            found = holds()
            if found:
                return found
            if self.container.poll() is not None or time.monotonic() > end:
                with open(self.log.name, encoding="utf-8", errors="replace") as file:
                    raise AssertionError(f"{what} does not come:\n{file.read()[-3000:]}")
            time.sleep(0.05)

    def words(self):
        return ["nsenter", "--target", str(self.leader), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]

    @property
    def socket(self):
        """That of the service, as this machine sees it."""
        return f"/proc/{self.leader}/root/run/cadre/admin.sock"

    def shown(self, name, unit="cadre"):
        """A property of a unit."""
        return self.run(f"systemctl show --property {name} --value {unit}").strip()
