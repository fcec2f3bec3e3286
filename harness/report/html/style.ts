/** The style of every page: light and dark, from a phone to a wide screen, nothing loaded from anywhere. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #ffffff; --ink: #1b2330; --dim: #5d6878; --line: #dde2ea; --soft: #eef1f5; --accent: #2456c5;
  --passed: #1a7f45; --failed: #c62b32; --bench: #a15c00; --skipped: #7a8698;
  --passed-soft: #e3f4ea; --failed-soft: #fdeaea; --bench-soft: #fdf1dc; --skipped-soft: #eef1f5;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "Segoe UI Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
:root[data-theme="light"] { color-scheme: light; }
@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { --ground: #10141a; --card: #181e27; --ink: #e3e8f0; --dim: #94a1b4; --line: #2b3441; --soft: #202833; --accent: #82aaff;
  --passed: #4cc47f; --failed: #ff7b80; --bench: #f0ac4f; --skipped: #8d99ab;
  --passed-soft: #15301f; --failed-soft: #3a1c20; --bench-soft: #35270f; --skipped-soft: #202833; } }
:root[data-theme="dark"] { color-scheme: dark; --ground: #10141a; --card: #181e27; --ink: #e3e8f0; --dim: #94a1b4; --line: #2b3441; --soft: #202833; --accent: #82aaff;
  --passed: #4cc47f; --failed: #ff7b80; --bench: #f0ac4f; --skipped: #8d99ab;
  --passed-soft: #15301f; --failed-soft: #3a1c20; --bench-soft: #35270f; --skipped-soft: #202833; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 4rem; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere; }
main { max-width: 74rem; margin: 0 auto; padding: 1.25rem clamp(.75rem, 3vw, 2rem) 4rem; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
code, pre, .mono { font-family: var(--mono); font-size: .86em; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 1.05rem; margin: 2rem 0 .6rem; }
h3 { font-size: .78rem; margin: 1rem 0 .35rem; color: var(--dim); text-transform: uppercase; letter-spacing: .05em; font-weight: 600; }
.passed { --own: var(--passed); --own-soft: var(--passed-soft); } .failed { --own: var(--failed); --own-soft: var(--failed-soft); }
.bench { --own: var(--bench); --own-soft: var(--bench-soft); } .skipped { --own: var(--skipped); --own-soft: var(--skipped-soft); }
.top { display: flex; gap: .6rem; align-items: center; color: var(--dim); font-size: .85rem; margin-bottom: .8rem; }
.top b { color: var(--ink); font-weight: 650; } .top b, .top button { white-space: nowrap; } .top .grow { flex: 1; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.1rem 1.25rem; margin-bottom: 1rem; min-width: 0; }
.verdict { border-left: 6px solid var(--own); }
.verdict .head { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; }
.badge { background: var(--own-soft); color: var(--own); border-radius: 6px; padding: .12rem .6rem; font-weight: 700; font-size: .85rem; letter-spacing: .04em; white-space: nowrap; }
.reason { margin: .5rem 0 0; color: var(--own); }
.counts { display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; margin: .9rem 0 .7rem; }
.counts div { display: flex; gap: .4rem; align-items: baseline; color: var(--dim); font-size: .9rem; }
.counts b { font-size: 1.35rem; font-weight: 650; color: var(--own, var(--ink)); font-variant-numeric: tabular-nums; }
.counts .all b { color: var(--ink); } .counts .none b { color: var(--dim); font-weight: 500; }
.strip { display: flex; height: 18px; gap: 1px; border-radius: 5px; overflow: hidden; background: var(--soft); }
.strip a { background: var(--own); min-width: 1px; flex: 1 1 0; opacity: .85; } .strip a:hover { opacity: 1; filter: brightness(1.15); }
.legend { color: var(--dim); font-size: .78rem; margin: .35rem 0 0; }
dl.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: .55rem 1.5rem; margin: 0; }
dl.facts dt { color: var(--dim); font-size: .75rem; } dl.facts dd { margin: 0; } dl.facts small { color: var(--dim); }
ul.plain { list-style: none; margin: 0; padding: 0; } ul.plain li { padding: .45rem 0; border-top: 1px solid var(--line); } ul.plain li:first-child { border-top: 0; }
.problem { display: grid; grid-template-columns: auto 1fr; gap: .1rem .7rem; } .problem .sign { width: 1rem; } .problem .why { grid-column: 2; color: var(--dim); font: .8rem/1.5 var(--mono); white-space: pre-wrap; }
.tools { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; padding: .6rem 0; background: var(--ground); }
.tools[hidden] { display: none; }
input[type=search] { flex: 1 1 14rem; min-width: 0; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .35rem .7rem; }
button { font: inherit; font-size: .85rem; color: var(--dim); background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .35rem .7rem; cursor: pointer; }
button[aria-pressed=true] { color: var(--own, var(--accent)); border-color: currentColor; background: var(--own-soft, var(--soft)); }
button:focus-visible, input:focus-visible, summary:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
h3:first-child { margin-top: 0; } h3 .within { text-transform: none; letter-spacing: 0; font-weight: 400; }
section.suite > header { display: flex; flex-wrap: wrap; gap: .2rem .8rem; align-items: baseline; margin: 1.6rem 0 .5rem; }
section.suite > header h2 { margin: 0; font-family: var(--mono); font-size: .98rem; } section.suite > header span { color: var(--dim); font-size: .85rem; }
.list { background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
details.test { border-top: 1px solid var(--line); content-visibility: auto; contain-intrinsic-size: auto 2.5rem; } details.test:first-child { border-top: 0; }
details.test > summary { display: grid; grid-template-columns: 1.2rem 1fr auto; gap: .1rem .6rem; padding: .45rem .9rem; cursor: pointer; list-style: none; align-items: baseline; }
details.test > summary::-webkit-details-marker { display: none; }
details.test > summary:hover { background: var(--soft); }
details.test[open] > summary { background: var(--own-soft); }
.sign { color: var(--own); font-weight: 700; text-align: center; }
.within { color: var(--dim); } .took { color: var(--dim); font-size: .82rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.note { grid-column: 2 / -1; color: var(--dim); font-size: .84rem; } .failed .note, .bench .note { color: var(--own); font-family: var(--mono); font-size: .8rem; }
.tag { display: inline-block; border: 1px solid var(--line); border-radius: 5px; padding: 0 .35rem; font-size: .72rem; color: var(--dim); margin-left: .4rem; white-space: nowrap; } .tag.failed { color: var(--failed); border-color: var(--failed); }
.body { padding: .2rem .9rem 1rem; }
pre { margin: 0; padding: .7rem .85rem; background: var(--soft); border-radius: 8px; overflow: auto; max-height: 34rem; white-space: pre; tab-size: 8; line-height: 1.45; overflow-wrap: normal; }
pre.message { border-left: 4px solid var(--own); background: var(--own-soft); white-space: pre-wrap; overflow-wrap: anywhere; }
.err { color: var(--failed); } .wrn { color: var(--bench); } .say { color: var(--accent); }
table { border-collapse: collapse; min-width: 100%; font-size: .84rem; } th { text-align: left; color: var(--dim); font-weight: 500; font-size: .75rem; } td, th { padding: .28rem .7rem .28rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
th, td.w { white-space: nowrap; } table.runs td:first-child { min-width: 11rem; overflow-wrap: break-word; } table.runs td:nth-child(3) { min-width: 14rem; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } tr:last-child td { border-bottom: 0; } table.reasons td.n { width: 2.5rem; }
.scroll { overflow-x: auto; } details.more > summary { cursor: pointer; color: var(--dim); font-size: .85rem; padding: .5rem 0 .2rem; }
.cells { display: flex; gap: 2px; } .cells a, .cells i { flex: none; width: 11px; height: 16px; border-radius: 2px; background: var(--own, var(--soft)); }
footer { color: var(--dim); font-size: .8rem; margin-top: 2rem; }
svg text { fill: var(--dim); font: 11px system-ui, sans-serif; } svg .axis { stroke: var(--line); } svg .mark { fill: var(--own, var(--accent)); } svg .range { stroke: var(--accent); opacity: .35; stroke-width: 4; }
[hidden] { display: none !important; }
@media (max-width: 40rem) { body { font-size: 14px; } .card { padding: .9rem; } details.test > summary { padding: .5rem .6rem; } .body { padding: .1rem .6rem .8rem; } pre { font-size: .76em; max-height: 60vh; } dl.facts { grid-template-columns: 1fr 1fr; gap: .5rem .9rem; } .tag { margin-left: 0; margin-right: .3rem; } }
@media (max-width: 27rem) { dl.facts { grid-template-columns: 1fr; } h1 { font-size: 1.25rem; } }
@media print { .tools, .top button { display: none; } pre { max-height: none; white-space: pre-wrap; } .card, .list { break-inside: avoid; } }
`;
