/// <reference types="vitest/config" />
import react from "@vitejs/plugin-react";
import { defineConfig, type HtmlTagDescriptor, type Plugin } from "vite";

// What src/early.ts needs, and what every view needs: without these two there would be some twenty small files, each asked for by itself.
const EARLY = /src\/(api\/early|frame\/(Frame|Places)\.module|frame\/theme|kit\/(Mark\.module|stones))|vite\/preload-helper|rolldown\/runtime/;
const PAGE =
  /node_modules\/(react|react-dom|scheduler|react-router|@tanstack|openapi-fetch)\/|src\/(api|addresses|frame\/(View|density|keys)|kit\/(?!OpenMenu)|live\/(asking|ConnectionBanner|connection|leave|messages|other_tabs|browser))|src\/(gate\/options|details\/download|preview\/(kinds|still|Thumbnail)|files\/(carrying|commits|dragging|FileIcon|FileStatus|listing|new_names|patches|place|refusals|rows|sorting|undo|useActions))\./;
const RUN_AT_ONCE = new Set(["early", "page", "main"]);

// The content policy allows no inline script, style or data: script, so nothing is inlined and every file has its own address.
export default defineConfig({
  plugins: [react(), besides("src/main.tsx"), compiledAhead()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: "early", priority: 2, test: EARLY },
            { name: "page", priority: 1, test: PAGE },
          ],
        },
      },
    },
  },
  worker: { format: "es" },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(["/api", "/oauth", "/.well-known"].map((path) => [path, "http://127.0.0.1:8080"])),
  },
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"], restoreMocks: true },
});

/** What `entry` needs is loaded beside what runs first, not after it. */
function besides(entry: string): Plugin {
  return {
    name: "cairn-besides",
    transformIndexHtml: {
      order: "post",
      handler: (html, { bundle = {} }): HtmlTagDescriptor[] => {
        const scripts = new Set<string>();
        const styles = new Set<string>();
        const walk = (name: string): void => {
          const chunk = bundle[name];
          if (chunk?.type !== "chunk" || scripts.has(name)) return;
          scripts.add(name);
          for (const style of chunk.viteMetadata?.importedCss ?? []) styles.add(style);
          for (const other of chunk.imports) walk(other);
        };
        for (const [name, chunk] of Object.entries(bundle)) if (chunk.type === "chunk" && chunk.facadeModuleId?.endsWith(entry)) walk(name);
        const links = (rel: string, names: Set<string>): HtmlTagDescriptor[] =>
          [...names].filter((name) => !html.includes(`/${name}"`)).map((name) => ({ tag: "link", attrs: { rel, crossorigin: true, href: `/${name}` }, injectTo: "head" }));
        return [...links("modulepreload", scripts), ...links("stylesheet", styles)];
      },
    },
  };
}

/** Functions are compiled while the file is loaded, beside the page's own thread. https://github.com/WICG/explicit-javascript-compile-hints-file-based */
function compiledAhead(): Plugin {
  return {
    name: "cairn-compiled-ahead",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler: (_, bundle): void => {
        for (const chunk of Object.values(bundle)) if (chunk.type === "chunk" && RUN_AT_ONCE.has(chunk.name)) chunk.code = `//# allFunctionsCalledOnLoad\n${chunk.code}`;
      },
    },
  };
}
