"""ZIP archives of strangers, unpacked safely: plain files only, within bounds, inside the folder."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..config import DataError

_TAIL, _END = 66_000, b"PK\x05\x06"  # bytes that hold the last record, a comment of 65,535 included; its signature


@dataclass(frozen=True)
class ZipLimits:
    """``entries`` in all; ``listing`` bytes of the archive's own list of them; ``bytes`` unpacked in all; ``file`` unpacked
    for one; ``ratio`` of unpacked to packed size beyond which a file of more than a megabyte counts as a bomb."""

    entries: int = 20_000
    listing: int = 20_000_000
    bytes: int = 4_000_000_000
    file: int = 200_000_000
    ratio: int = 100


def unpack(archive: Path, folder: Path, limits: ZipLimits = ZipLimits()) -> Path:
    """Unpack ``archive`` into the new folder ``folder``; nothing of it stays where that fails.

    Returns:
        ``folder``.

    Raises:
        DataError: not a ZIP, damaged, encrypted, or holding a link, a name that leads out of the folder, too many
            entries, or more bytes than it may. The sizes an archive announces are not trusted: bytes are counted.
    """
    if folder.exists():
        raise DataError("zip_folder", folder=str(folder))
    try:
        if listing_bytes(archive) > limits.listing:  # opening it would take some hundred bytes of memory for each entry
            raise DataError("zip_listing", limit=limits.entries)
        with zipfile.ZipFile(archive) as opened:
            members = checked(opened.infolist(), limits)
            room = shutil.disk_usage(_existing(folder)).free
            if sum(m.file_size for m in members) > room - 200_000_000:
                raise DataError("zip_disk", need=sum(m.file_size for m in members) // 1_000_000, free=room // 1_000_000)
            folder.mkdir(parents=True, exist_ok=True)
            left = limits.bytes
            for member in members:
                left -= _write(opened, member, folder, min(left, limits.file))
    except DataError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise DataError("zip_broken", name=archive.name[:80]) from error
    return folder


def listing_bytes(archive: Path) -> int:
    """Bytes of an archive's list of entries, as its last lines tell them; 0 where there are none.

    Raises:
        OSError: it cannot be read.
    """
    with open(archive, "rb") as file:
        file.seek(max(0, archive.stat().st_size - _TAIL))
        tail = file.read()
    bare = tail[-22:-18] == _END and tail[-2:] == b"\0\0"  # nothing follows it, as nearly always
    end = len(tail) - 22 if bare else tail.rfind(_END)
    if end < 0:
        return 0
    large = tail[max(0, end - 76) : end]  # where archives beyond 4 GB say it
    if large[:4] == b"PK\x06\x06" and large[56:60] == b"PK\x06\x07":
        return int.from_bytes(large[40:48], "little")
    return int.from_bytes(tail[end + 12 : end + 16], "little")


def checked(entries: list[zipfile.ZipInfo], limits: ZipLimits) -> list[zipfile.ZipInfo]:
    """The files among ``entries``, after every check that needs no unpacking.

    Raises:
        DataError: see ``unpack``.
    """
    if len(entries) > limits.entries:
        raise DataError("zip_entries", count=len(entries), limit=limits.entries)
    files = []
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        drive = len(path.parts) > 0 and ":" in path.parts[0]
        if path.is_absolute() or ".." in path.parts or drive or "\0" in entry.filename:
            raise DataError("zip_outside", name=entry.filename[:80])
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise DataError("zip_link", name=entry.filename[:80])
        if entry.flag_bits & 1:
            raise DataError("zip_locked")
        if entry.is_dir() or path.parts[:1] == ("__MACOSX",) or path.name.startswith("."):
            continue
        if entry.file_size > 1_000_000 and entry.file_size > limits.ratio * max(entry.compress_size, 1):
            raise DataError("zip_bomb", name=entry.filename[:80])
        files.append(entry)
    if sum(f.file_size for f in files) > limits.bytes or any(f.file_size > limits.file for f in files):
        raise DataError("zip_large", limit=limits.bytes // 1_000_000_000, each=limits.file // 1_000_000)
    return files


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, limit: int) -> int:
    """Unpack one file, counting; a picture that is damaged inside the archive is left for the data doctor to name."""
    target = folder.joinpath(*PurePosixPath(entry.filename.replace("\\", "/")).parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with open(target, "xb") as out:
        try:
            with opened.open(entry) as source:
                while block := source.read(1 << 20):
                    written += len(block)
                    if written > limit:
                        raise DataError("zip_bomb", name=entry.filename[:80])
                    out.write(block)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            out.truncate(0)
    return written
