"""That the programs that ship are hardened: what the compiler and the linker made of the flags in cmake/TwinfleetToolchain.cmake."""

import os
import re
import subprocess
import unittest
from pathlib import Path

from metrics_of_sources import REPOSITORY

PROGRAMS = ("fleet-synchronizer", "access-control", "driver-protocol")
FOLDER = Path(os.environ.get("TWINFLEET_BIN_DIR", REPOSITORY / "build" / "bin"))


def readelf(option: str, program: str) -> str:
    return subprocess.run(["readelf", "-W", option, FOLDER / program], check=True, text=True, capture_output=True).stdout


class Hardening(unittest.TestCase):
    def check(self, option: str, pattern: str, what: str) -> None:
        """What readelf prints with this option of each program matches the pattern."""
        for program in PROGRAMS:
            with self.subTest(program):
                self.assertTrue(re.search(pattern, readelf(option, program)), f"{program}: {what}")

    def test_programs_are_loaded_at_random_addresses(self) -> None:
        self.check("-h", r"Type:\s+DYN", "no position-independent program")
        self.check("-d", r"FLAGS_1\)\s+Flags:.*\bPIE\b", "no position-independent program")

    def test_what_the_loader_writes_is_read_only_afterwards(self) -> None:
        self.check("-l", r"GNU_RELRO", "no part is read-only after relocation")
        self.check("-d", r"FLAGS_1\)\s+Flags:.*\bNOW\b", "addresses of functions stay writable")

    def test_no_memory_is_both_writable_and_executable(self) -> None:
        self.check("-l", r"GNU_STACK\s+(?:0x\w+\s+){5}RW\s", "the stack is executable")
        for program in PROGRAMS:
            with self.subTest(program):
                flags = re.findall(r"^\s+LOAD\s+(?:0x\w+\s+){5}([RWE ]{3})", readelf("-l", program), re.MULTILINE)
                self.assertGreaterEqual(len(flags), 2)
                self.assertFalse([flag for flag in flags if "W" in flag and "E" in flag])

    def test_an_overwritten_stack_ends_the_program(self) -> None:
        self.check("--dyn-syms", r"\b__stack_chk_fail\b", "compiled without a stack protector")

    def test_calls_of_the_c_library_check_the_size_of_their_target(self) -> None:
        self.check("--dyn-syms", r"UND __\w+_chk@GLIBC", "compiled without _FORTIFY_SOURCE")


if __name__ == "__main__":
    unittest.main()
