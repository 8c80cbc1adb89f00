"""What does not hold is rejected, the next is tried, and `info` says which held. The first choice is made a wrong one, in a
stripped copy of the interpreter:

    row      the copy has no build-id that is known, and says (Py_Version) that it is of the micro version whose shipped row
             lays its collector out otherwise;
    dwarf    --debug-dir has another version's DWARF under the copy's build-id (without that one's symbols: a file with
             the right build-id is trusted there).

The database must be right all the same, as the oracle has it.

    rejected.py --python PY --exuvia EXUVIA --pause LIBRARY row|dwarf

Exit status: 0 agrees, 1 differs, 77 this machine can't run it.
"""
import os, sqlite3, subprocess, sys, tempfile

import alone
import elf
import interpreters
import place
import process
import runner
from checker import Check

# CPython's version -> (the version that it claims, the row that is nearest then, the right one)
ROWS = {'3.13.0': ('3.13.5', '3.13.5-debian', '3.13.0'), '3.13.5': ('3.13.0', '3.13.0', '3.13.5-debian')}
NO_BUILD = 'e8f1'


def wrong_row(binary, version):
    """(options for load, what is tried first, what holds)"""
    if version not in ROWS:
        raise process.Skip('the rows of %s do not differ' % version)
    claimed, wrong, right = ROWS[version]
    file = elf.Elf(binary)
    at = file.symbol_place('Py_Version')
    major, minor, micro = map(int, claimed.split('.'))
    file.write(at, (major << 24 | minor << 16 | micro << 8 | 0xf0).to_bytes(4, 'little'))
    file.set_build_id((NO_BUILD * 20)[:len(file.build_id)])
    return [], 'row %s' % wrong, 'row %s' % right


def wrong_dwarf(binary, version, other, folder):
    def distance(its):
        return [abs(int(a) - int(b)) for a, b in zip(its.split('.')[:2], version.split('.'))]
    others = [other] if other else [path for _, its, path in sorted(interpreters.interpreters(), key=lambda i: distance(i[1]))
                                    if any(distance(its))]
    found = next((path for path in map(elf.binary_of, others) if elf.Elf(path).has_dwarf), None)
    if not found:
        raise process.Skip('no interpreter of another version has DWARF')
    debug = os.path.join(folder, 'debug')
    made = elf.only_debug(found, debug, elf.Elf(binary).build_id)
    elf.Elf(made).hide('.symtab')
    return ['--debug-dir', debug], 'DWARF of %s' % made, 'row %s' % version.rpartition('.')[0]


def told(exuvia, database, wrong, right):
    """What is missing in what is said of the layouts."""
    missing = []
    db = sqlite3.connect(database)
    rejected = [m for m, in db.execute("SELECT message FROM anomaly WHERE kind = 'layout-rejected'")]
    source, detail = [db.execute('SELECT value FROM meta WHERE key = ?', (key,)).fetchone()[0]
                      for key in ('layout_source', 'layout_detail')]
    for message in rejected:
        print('  rejected: %s' % message)
    print('  holds: %s, %s' % (source, detail))
    if not rejected or wrong not in rejected[0]:
        missing.append('%s is not said to be rejected first' % wrong)
    if source not in ('table', 'debug-offsets') or right not in detail.partition('rejected: ')[0]:
        missing.append('%s is not said to hold' % right)
    info = subprocess.run([exuvia, 'info', database], stdout=subprocess.PIPE, text=True).stdout
    if right not in info.partition('rejected: ')[0] or wrong not in info.partition('rejected: ')[2]:
        missing.append('info does not name both:\n' + info)
    return missing


def check(options, directory):
    exuvia = options.exuvia
    version = place.Place(options.python).ask("import sys; print('%d.%d.%d' % sys.version_info[:3])").strip()
    copies = place.Place(options.python).folder(directory)
    home, command, environment = alone.copy_interpreter(options.python, copies.name)
    files = elf.files_of(home, command)
    elf.strip(files)
    words, wrong, right = wrong_row(files[0], version) if options.kind == 'row' else \
        wrong_dwarf(files[0], version, options.other, directory)
    with process.Subject(command[0], 'plain', os.path.abspath(options.pause), directory,
                         {name: environment[name] for name in ('PYTHONHOME', 'LD_LIBRARY_PATH')}) as subject:
        complaints = process.agrees_with_child(subject)
        core = subject.gcore()
        database = os.path.join(directory, 'db')
        process.load(exuvia, core, database, subject.place.load_options + words)
        check = Check(subject.record, database, provoked=('layout-rejected',))
        check.run()
        good = check.report(sys.stdout, False) and not complaints
    for complaint in complaints + told(exuvia, database, wrong, right):
        print('  ' + complaint)
        good = False
    return good


def run(options):
    with tempfile.TemporaryDirectory(prefix='exuvia-rejected-') as directory:
        good = check(options, directory)
    print('agrees' if good else 'DIFFERS')
    return 0 if good else 1


def parser():
    made = runner.parser(__doc__)
    made.add_argument('--pause', required=True, help='the built pause library')
    made.add_argument('--other', metavar='PYTHON', help='dwarf: of which; else the nearest here that has any')
    made.add_argument('kind', choices=('row', 'dwarf'))
    return made



if __name__ == '__main__':
    runner.main(run, parser())
