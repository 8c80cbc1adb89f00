"""Cases of a script, each in a folder of its own: what they have in common."""
import os

SKIP = 77
CASES = {}  # of the script that runs


class Skip(Exception):
    pass


def case(function):
    CASES[function.__name__.replace('_', '-')] = function
    return function


class Folder:
    """Where a case works, and what it has to complain about."""

    def __init__(self, directory):
        self.directory, self.complaints = directory, []

    def path(self, name):
        return os.path.join(self.directory, name)

    def complain(self, text):
        self.complaints.append(text)
