// SPDX-License-Identifier: Apache-2.0
#pragma once
// The style sheet of the HTML report for light and dark screens and for paper.

#include <string_view>

namespace holdback::report {

inline constexpr std::string_view kReportStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #f4f6f8; --card: #ffffff; --ink: #18212c; --soft: #5a6675; --faint: #78848f; --rule: #e2e7ed;
  --sent: #3a74d0; --deferred: #8b98a8; --bounced: #cf4a5c; --held: #dd9a1c; --released: #2f9483;
  --returned: #7b61b6; --discarded: #77818e; --refused: #a8458c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10151b; --card: #19202a; --ink: #e6ebf1; --soft: #9dabbb; --faint: #7d8a99; --rule: #2b3542;
    --sent: #6b9bee; --deferred: #8896a7; --bounced: #e9717f; --held: #ecb549; --released: #55bba8;
    --returned: #a48ee0; --discarded: #95a0ae; --refused: #d57fbb;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", "DejaVu Sans", sans-serif;
}
main, header, footer { max-width: 1160px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 34px; padding-bottom: 6px; }
h1 { margin: 0; font-size: 27px; line-height: 1.2; letter-spacing: -.01em; }
h2 { margin: 0 0 2px; font-size: 18px; letter-spacing: -.005em; }
p { margin: 0 0 12px; }
.soft, header p, .lead, footer { color: var(--soft); }
header p { margin: 5px 0 0; }
.tiles { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(136px, 1fr)); margin: 20px 0; }
.tile, section { background: var(--card); border: 1px solid var(--rule); border-radius: 11px; }
.tile { padding: 13px 16px 12px; border-top: 3px solid var(--tile, var(--rule)); }
.tile b { display: block; font-size: 25px; line-height: 1.25; font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
.tile span { display: block; font-size: 13px; color: var(--soft); }
.note { background: var(--card); border: 1px solid var(--rule); border-left: 4px solid var(--held); border-radius: 8px; padding: 10px 14px; }
section { padding: 20px 22px; margin: 0 0 18px; }
.pair { display: grid; gap: 20px 30px; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); align-items: start; }
@media (max-width: 860px) { .pair { grid-template-columns: minmax(0, 1fr); } }
figure { margin: 0; min-width: 0; }
figcaption { font-size: 13px; font-weight: 600; margin: 0 0 6px; }
svg.chart { display: block; width: 100%; height: auto; overflow: hidden; }
svg text { font-size: 12.5px; fill: var(--soft); unicode-bidi: isolate; }
svg .label, svg .scale { text-anchor: end; }
svg .label { fill: var(--ink); }
svg .day { text-anchor: middle; }
svg .value { fill: var(--ink); font-variant-numeric: tabular-nums; }
svg .grid { stroke: var(--rule); }
svg .axis { stroke: var(--soft); }
svg .mark { stroke: var(--card); stroke-width: .8; }
.sent { fill: var(--sent); --tile: var(--sent); } .deferred { fill: var(--deferred); --tile: var(--deferred); }
.bounced { fill: var(--bounced); --tile: var(--bounced); } .held { fill: var(--held); --tile: var(--held); }
.released { fill: var(--released); --tile: var(--released); } .returned { fill: var(--returned); --tile: var(--returned); }
.discarded { fill: var(--discarded); --tile: var(--discarded); } .refused { fill: var(--refused); --tile: var(--refused); }
.rows {
  overflow: auto; max-height: 27rem; min-width: 0; scrollbar-width: thin;
  background:
    linear-gradient(to right, var(--card) 30%, transparent) left / 40px 100% no-repeat local,
    linear-gradient(to left, var(--card) 30%, transparent) right / 40px 100% no-repeat local,
    linear-gradient(to right, rgba(90, 102, 117, .45), transparent) left / 12px 100% no-repeat scroll,
    linear-gradient(to left, rgba(90, 102, 117, .45), transparent) right / 12px 100% no-repeat scroll;
}
.wide { margin-top: 18px; }
.wide table { table-layout: fixed; min-width: 770px; }
.wide th:first-child { width: 22%; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 8px; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 2px; }
td:first-child { white-space: normal; overflow-wrap: anywhere; min-width: 9em; }
td small { display: block; color: var(--soft); font-size: 12.5px; line-height: 1.3; }
thead th { position: sticky; top: 0; background: var(--card); color: var(--soft); font-weight: 600; font-size: 12.5px; }
tfoot td { position: sticky; bottom: 0; background: var(--card); font-weight: 600; border-bottom: 0; border-top: 1px solid var(--soft); }
td.nil { color: var(--faint); }
@media screen and (max-width: 560px) {
  main, header, footer { padding-left: 10px; padding-right: 10px; }
  header { padding-top: 20px; }
  section { padding: 15px 13px; }
  .tiles { gap: 8px; grid-template-columns: repeat(auto-fit, minmax(92px, 1fr)); }
  .tile { padding: 8px 10px; }
  .tile b { font-size: 20px; }
  figure { overflow-x: auto; }
  svg.chart { min-width: 560px; }
}
footer { padding-top: 4px; padding-bottom: 40px; font-size: 13px; }
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --card: #fff; --ink: #000; --soft: #444; --faint: #777; --rule: #bbb;
    --sent: #3a74d0; --deferred: #8b98a8; --bounced: #cf4a5c; --held: #dd9a1c; --released: #2f9483;
    --returned: #7b61b6; --discarded: #77818e; --refused: #a8458c;
  }
  body { font-size: 11pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  section, .tile { border-radius: 0; break-inside: avoid; }
  .rows { overflow: visible; max-height: none; }
  thead th, tfoot td { position: static; }
  .wide table { min-width: 0; }
  main, header, footer { max-width: none; padding-left: 0; padding-right: 0; }
}
)css";

}  // namespace holdback::report
