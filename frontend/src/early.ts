/** What runs first, alone and small: the look, the ground of the frame, and the requests that the page begins with. The page is loaded beside it. */

import "./tokens.css";
import "./base.css";
import { askEarly } from "./api/early";
import frame from "./frame/Frame.module.css";
import places from "./frame/Places.module.css";
import { applyTheme } from "./frame/theme";
import mark from "./kit/Mark.module.css";
import { STONES } from "./kit/stones";

const GATE = /^\/(sign-in|create|consent|device)(\/|$)/;
const FILES = /^\/b\/([^/]+)\/(.*)$/;

applyTheme();
const isInside = !GATE.test(location.pathname);
if (isInside) begin();
void stand();

async function stand(): Promise<void> {
  await parsed();
  await Promise.all(Array.from(document.querySelectorAll<HTMLLinkElement>("link[rel=stylesheet]"), styled));
  if (isInside) document.getElementById("root")?.append(ground());
  await import("./main");
}

/** This runs as soon as it is there: before the rest of the document, and before what it looks like. */
async function parsed(): Promise<void> {
  if (document.readyState === "loading") await new Promise((done) => document.addEventListener("DOMContentLoaded", done, { once: true }));
}

async function styled(link: HTMLLinkElement): Promise<void> {
  if (link.sheet) return;
  await new Promise((done) => {
    link.addEventListener("load", done, { once: true });
    link.addEventListener("error", done, { once: true });
  });
}

/** As src/api/queries.ts and src/files/listing.ts ask. */
function begin(): void {
  const [, bucket, path = ""] = FILES.exec(location.pathname) ?? [];
  if (bucket !== undefined) askEarly(`/api/v1/buckets/${again(bucket)}/files?prefix=${again(path)}&delimiter=%2F&limit=100`);
  askEarly("/api/v1/buckets?limit=1000");
  askEarly("/api/v1/me");
}

/** A part of this address as a part of another: there a slash is no syntax. */
function again(part: string): string {
  try {
    return encodeURIComponent(decodeURIComponent(part));
  } catch {
    return part;
  }
}

/** The frame as it will stand there, without anything that can be acted on. */
function ground(): HTMLElement {
  const [app, side, brand, sheet] = [box(frame["app"]), box(places["side"]), box(places["brand"]), box(frame["sheet"])];
  brand.append(stones(), " Cairn");
  side.append(brand);
  app.append(side, sheet);
  return app;
}

function box(look = ""): HTMLElement {
  const element = document.createElement("div");
  element.className = look;
  return element;
}

function stones(): SVGElement {
  const make = (name: string): SVGElement => document.createElementNS("http://www.w3.org/2000/svg", name);
  const whole = make("svg");
  whole.setAttribute("viewBox", "0 0 32 32");
  whole.setAttribute("aria-hidden", "true");
  whole.classList.add(...[mark["mark"], mark["accent"]].flatMap((name) => name ?? []));
  STONES.forEach((stone, index) => {
    const path = make("path");
    path.setAttribute("d", stone);
    path.classList.add(...[[mark["lower"], mark["middle"], mark["top"]][index]].flatMap((name) => name ?? []));
    whole.append(path);
  });
  return whole;
}
