import { expect, it } from "vitest";
import { kindOf, typeName } from "./kinds";

const file = (path: string, content_type = "", kind = "file") => ({ path, content_type, kind });

it.each([
  ["a.png", "image/png", "image"], ["a.svg", "image/svg+xml", "image"], ["a.tif", "image/tiff", null], ["a.html", "text/html; charset=utf-8", "text"],
  ["a", "application/json", "text"], ["a", "application/ld+json", "text"], ["a.pdf", "application/pdf", "pdf"], ["a", "VIDEO/mp4", "video"], ["a", "audio/flac", "audio"],
  ["a.exe", "application/x-msdownload", null], ["notes.md", "application/octet-stream", "text"], ["b.JPG", "", "image"], ["no-ending", "", null], ["a.svg", "", null],
] as const)("%s of type %s", (path, type, kind) => expect(kindOf(file(path, type))).toBe(kind));

it("a type is believed before a name", () => expect(kindOf(file("a.png", "text/html"))).toBe("text"));

it("a link is not followed", () => expect(kindOf(file("a.png", "image/png", "symlink"))).toBeNull());

it("types have names", () => {
  expect([file("a.png", "image/png"), file("a.pdf", ""), file("a.blend", ""), file("a", ""), file("a.zip", "application/zip"), file("l", "", "symlink")].map(typeName)).toEqual([
    "PNG image", "PDF document", "BLEND file", "File", "application/zip", "Symbolic link",
  ]);
});
