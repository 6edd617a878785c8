"""Contents of files, made here: pictures, sound, documents, and what pretends to be one."""

import io
import math
import struct
import wave
import zlib


def png(width: int = 64, height: int = 40) -> bytes:
    """A picture of one colour."""
    rows = (b"\0" + bytes([60, 110, 120]) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _block(b"IHDR", header) + _block(b"IDAT", zlib.compress(rows)) + _block(b"IEND", b"")


def _block(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def wav(seconds: int = 60) -> bytes:
    """A tone, long enough that a browser asks for it in ranges."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        tone = b"".join(struct.pack("<h", int(8000 * math.sin(i / 5))) for i in range(8000))
        sound.writeframes(tone * seconds)
    return file.getvalue()


_HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
# Characters by a table that the reader has to have (PDF 32000, 9.7.5.2); no font is embedded.
_JAPANESE = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiMin-W3 /Encoding /90ms-RKSJ-H /DescendantFonts ["
    b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiMin-W3 /CIDSystemInfo"
    b" << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> /FontDescriptor << /Type /FontDescriptor"
    b" /FontName /HeiseiMin-W3 /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 800 /Descent -200"
    b" /CapHeight 700 /StemV 80 >> >>] >>"
)


def pdf(text: str, *, script: str = "", pages: int = 1, japanese: bool = False) -> bytes:
    """Pages that say `text`. `script` runs when the document is opened, where a reader lets it (PDF 32000, 12.6.4.16)."""
    shown = f"<{text.encode('cp932').hex()}>" if japanese else f"({text})"
    stream = f"BT /F1 24 Tf 40 160 Td {shown} Tj ET".encode()
    kids = " ".join(f"{5 + page} 0 R" for page in range(pages))
    action = f" /OpenAction << /S /JavaScript /JS ({script}) >>" if script else ""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents 3 0 R /Resources << /Font << /F1 4 0 R >> >> >>"
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R{action} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        _JAPANESE if japanese else _HELVETICA,
        *[page] * pages,
    ]
    body = b"%PDF-1.7\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer
