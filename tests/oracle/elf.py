"""As much of an ELF file (64 bits, little-endian) as the tests change: build-ids, symbols of .dynsym, DWARF."""
import glob
import os
import shutil
import struct
import subprocess

import process


class Elf:
    def __init__(self, path):
        self.path = path
        with open(path, 'rb') as file:
            self.data = file.read()
        if self.data[:5] != b'\x7fELF\2':
            raise process.Skip('%s is no ELF file of 64 bits' % path)
        segments, sections = struct.unpack_from('<QQ', self.data, 32)
        _, size, count, section_size, section_count, names = struct.unpack_from('<HHHHHH', self.data, 52)
        self.loads = [load[2:6] for load in (struct.unpack_from('<IIQQQQ', self.data, segments + i * size) for i in range(count))
                      if load[0] == 1]
        headers = [struct.unpack_from('<IIQQQQ', self.data, sections + i * section_size) for i in range(section_count)]
        self.sections = {self.text(headers[names][4] + h[0]): h for h in headers}
        self.headers = {self.text(headers[names][4] + h[0]): sections + i * section_size for i, h in enumerate(headers)}

    def text(self, at):
        return self.data[at:self.data.index(b'\0', at)].decode('latin-1')

    @property
    def has_dwarf(self):
        return '.debug_info' in self.sections

    @property
    def build_id(self):
        """As hex; None: it has none."""
        if '.note.gnu.build-id' not in self.sections:
            return None
        return self.data[self._id_place():][:self._id_size()].hex()

    def _id_place(self):
        return self.sections['.note.gnu.build-id'][4] + 16  # behind the note's head and 'GNU\0'

    def _id_size(self):
        return struct.unpack_from('<I', self.data, self.sections['.note.gnu.build-id'][4] + 4)[0]

    def symbol_place(self, name):
        """Where in the file the data of a dynamic symbol lies; None: there is no such symbol."""
        table, names = self.sections.get('.dynsym'), self.sections.get('.dynstr')
        for at in range(table[4], table[4] + table[5], 24) if table and names else ():
            entry, _, _, section, value = struct.unpack_from('<IBBHQ', self.data, at)
            if section and self.text(names[4] + entry) == name:
                for offset, address, _, size in self.loads:
                    if address <= value < address + size:
                        return offset + value - address
        return None

    def write(self, at, data):
        with open(self.path, 'r+b') as file:
            file.seek(at)
            file.write(data)

    def set_build_id(self, text):
        self.write(self._id_place(), bytes.fromhex(text))

    def hide(self, section):
        """SHT_NULL"""
        self.write(self.headers[section] + 4, bytes(4))


def files_of(home, command):
    """The ELF files of a copied interpreter (alone.copy_interpreter); the one that is the interpreter first."""
    shared = glob.glob(os.path.join(home, 'lib', 'libpython*.so.*'))
    modules = [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(home, 'lib'))
               for name in names if '.so' in name]
    return shared + command + [path for path in modules if path not in shared]


def binary_of(python):
    """The file that is the interpreter: its libpython, if it has one."""
    import alone, place
    where = place.Place(python)
    lines = [where.root + line for line in where.ask(alone.ASK).split('\n') if line]
    return os.path.realpath((lines[3:] or lines[:1])[0])


def strip(files):
    if not shutil.which('strip') or not shutil.which('objcopy'):
        raise process.Skip('strip and objcopy (binutils) are not installed')
    subprocess.run(['strip'] + files, check=True)


def only_debug(path, folder, build_id):
    """The debug information of `path` (a separate debug file) in `folder`, where that build-id finds it."""
    under = os.path.join(folder, '.build-id', build_id[:2])
    os.makedirs(under, exist_ok=True)
    made = os.path.join(under, build_id[2:] + '.debug')
    subprocess.run(['objcopy', '--only-keep-debug', path, made], check=True)
    Elf(made).set_build_id(build_id)
    return made
