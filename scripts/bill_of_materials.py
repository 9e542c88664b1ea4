#!/usr/bin/env python3
"""Writes a program's bill of materials: every Debian package whose code is in it or is loaded with it.

    bill_of_materials.py BUILD_FOLDER PROGRAM VERSION OUTPUT

What is loaded is what the dynamic linker says. What is compiled in are the headers that the compiler read, which ninja keeps
for each object of the program. The form is CycloneDX 1.5 (ECMA-424) in JSON; packages are named as package URLs of type `deb`.
The same build gives the same bytes: there is no time in it, and the serial number follows from the content.
"""

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterable
from pathlib import Path

NAMESPACE = uuid.UUID("5a3f7b58-0d0d-5c0a-9a39-3d0a1f3f6f7e")


def output_of(*command: str | Path) -> str:
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def loaded_files(program: Path) -> set[Path]:
    found = re.findall(r"=> (/\S+) \(0x", output_of("ldd", program)) + re.findall(r"^\s+(/\S+) \(0x", output_of("ldd", program), re.MULTILINE)
    return {Path(path).resolve() for path in found}


def compiled_in_files(build: Path, target: str) -> set[Path]:
    inputs = output_of("ninja", "-C", build, "-t", "inputs", target).splitlines()
    objects = [path for path in inputs if path.endswith(".o")]
    if not objects:
        raise SystemExit(f"ninja knows no object of {target}: build it first")
    read = output_of("ninja", "-C", build, "-t", "deps", *objects)
    return {(build / line.strip()).resolve() for line in read.splitlines() if line.startswith("    ")}


def packages_of(files: Iterable[Path]) -> set[str]:
    """The names of the installed packages, with their architecture (`libc6:amd64`), that the files are from."""
    # Debian's packages were made before /lib became a link to /usr/lib.
    names = [name for file in sorted(files) for name in (str(file), str(file).removeprefix("/usr"))]
    packages = set()
    # dpkg-query fails when it does not know one of them, and still tells of the others.
    for begin in range(0, len(names), 500):
        told = subprocess.run(["dpkg-query", "--search", *names[begin : begin + 500]], check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        for line in told.splitlines():
            if not line.startswith("diversion "):
                packages.update(line.split(": /")[0].split(", "))
    return packages


def components(uses: dict[str, set[str]]) -> list[dict]:
    """`uses`: for each package, how it is used."""
    if not uses:
        return []
    fields = output_of("dpkg-query", "--show", "--showformat=${Package}\\t${Version}\\t${Architecture}\\t${source:Package}\\n", *sorted(uses))
    listed = []
    for line in fields.splitlines():
        name, version, architecture, source = line.split("\t")
        url = f"pkg:deb/debian/{name}@{version.replace('+', '%2B').replace(':', '%3A')}?arch={architecture}&distro=debian-12"
        use = uses.get(name, set()) | uses.get(f"{name}:{architecture}", set())
        listed.append({
            "type": "library",
            "bom-ref": url,
            "name": name,
            "version": version,
            "purl": url,
            "properties": [{"name": "twinfleet:source-package", "value": source}]
            + [{"name": "twinfleet:use", "value": one} for one in sorted(use)],
        })
    return sorted(listed, key=lambda component: component["bom-ref"])


def main() -> None:
    if len(sys.argv) != 5:
        raise SystemExit(__doc__)
    build, program, version, output = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    # The project's own are what the bill is of. The headers of libphonenumber are unpacked there, in the version of the
    # library, which is installed (scripts/phone_number_library.sh).
    root = Path(__file__).resolve().parent.parent
    compiled_in = {file for file in compiled_in_files(build, program.name) if not file.is_relative_to(root)}
    uses: dict[str, set[str]] = {}
    for use, files in (("loaded", loaded_files(program)), ("compiled-in", compiled_in)):
        for package in packages_of(files):
            uses.setdefault(package, set()).add(use)
    listed = components(uses)
    itself = f"pkg:generic/{program.name}@{version}"
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": uuid.uuid5(NAMESPACE, json.dumps([itself, listed])).urn,
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": itself, "name": program.name, "version": version}},
        "components": listed,
        "dependencies": [{"ref": itself, "dependsOn": [component["bom-ref"] for component in listed]}],
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(bill, indent=2) + "\n")


if __name__ == "__main__":
    main()
