import { createHash } from 'node:crypto';
import { html, Markup } from './markup.js';
import { script } from './script.js';
import { style } from './style.js';

export interface PageOptions {
  readonly title: string;
  readonly verdict: 'passed' | 'failed' | 'bench';
  /** Beside the product's name. */
  readonly heading: Markup | string;
  readonly body: Markup;
  readonly footer: Markup | string;
}

const icon = { passed: ['#1a7f45', 'M4 9l3 3 5-7'], failed: ['#c62b32', 'M5 5l6 6M11 5l-6 6'], bench: ['#a15c00', 'M8 4v5M8 11.6v.4'] } as const;

/** A whole page in one file: no resource from outside, and no script but the one whose hash its policy names. */
export function page(options: PageOptions): string {
  const hash = createHash('sha256').update(script).digest('base64');
  const [colour, path] = icon[options.verdict];
  const favicon = `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="${colour}"/><path d="${path}" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>`)}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${options.title}</title>
<link rel="icon" href="${favicon}">
<style>${new Markup(style)}</style>
</head>
<body>
<main>
<div class="top"><b>rot-hil</b><span>${options.heading}</span><span class="grow"></span><button id="theme" type="button" hidden>light / dark</button></div>
${options.body}
<footer>${options.footer}</footer>
</main>
<script>${new Markup(script)}</script>
</body>
</html>
`.text;
}
