#pragma once

namespace vifi::train {

/// The style sheet of the page. Charts name no colours but these.
inline constexpr const char* kPageStyle = R"css(
:root{color-scheme:light dark;--paper:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#5c6878;--grid:#e3e7ec;--line:#c4ccd6;
--right:#1f77b4;--wrong:#d9480f;--c0:#1f77b4;--c1:#d9480f;--c2:#2b8a3e;--c3:#9c36b5;--c4:#b08800;--c5:#0c8599;--c6:#c2255c;--c7:#5c6878}
@media (prefers-color-scheme:dark){:root{--paper:#12161c;--card:#1b2129;--ink:#e4e9ef;--soft:#9aa7b6;--grid:#2b333e;--line:#465261;
--right:#4dabf7;--wrong:#ff8c4a;--c0:#4dabf7;--c1:#ff8c4a;--c2:#69db7c;--c3:#da77f2;--c4:#ffd43b;--c5:#3bc9db;--c6:#f783ac;--c7:#adb5bd}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:28px;line-height:1.2;margin:0 0 4px}h2{font-size:20px;margin:0 0 12px}h3{font-size:16px;margin:0}h4{font-size:15px;margin:26px 0 6px}
section{background:var(--card);border:1px solid var(--grid);border-radius:12px;padding:20px 22px;margin-top:20px}
.note{color:var(--soft);font-size:13px;margin:2px 0 10px}.warn{color:var(--wrong)}
nav{margin:10px 0 0}nav a{color:var(--right);margin-right:16px;text-decoration:none}nav a:hover{text-decoration:underline}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:6px 10px;border-bottom:1px solid var(--grid);vertical-align:top}
thead th{font-weight:600;font-size:13px;color:var(--soft);border-bottom:2px solid var(--line);white-space:nowrap}
tbody th{font-weight:600}tbody tr:last-child>*{border-bottom:0}
.n{text-align:right;white-space:nowrap}small{color:var(--soft);font-size:12px}
.scores td{font-size:17px}.scores td small{font-size:13px}.scores .best,.differences .best{font-weight:700}.differences td small{font-size:inherit}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:12px;margin:14px 0}
.tile{background:var(--paper);border-radius:10px;padding:12px 16px}.tile b{display:block;font-size:24px;line-height:1.25}
.tile span{color:var(--soft);font-size:13px}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(330px,1fr));gap:24px 28px;margin:6px 0 18px}
figure{margin:0}.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(430px,1fr));gap:0 36px}
svg text{fill:var(--soft);font-size:11px;font-family:inherit}
.plot{max-width:560px}.plot .note{min-height:3em}.chart{display:block;width:100%;height:auto}.chart text{font-size:12px}.chart .name{fill:var(--ink);font-size:13px}
.grid{stroke:var(--grid)}.axis{stroke:var(--line)}
.chart path{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.chart .faint path{stroke-width:1.2;opacity:.4}.chart .dashed path{stroke-dasharray:5 4;opacity:.8}
.chart circle{fill:currentColor}.chart .faint circle{opacity:.6}
.c0{color:var(--c0)}.c1{color:var(--c1)}.c2{color:var(--c2)}.c3{color:var(--c3)}.c4{color:var(--c4)}.c5{color:var(--c5)}.c6{color:var(--c6)}.c7{color:var(--c7)}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;margin:0 0 8px}.legend i{display:inline-block;width:22px;height:3px;border-radius:2px;background:currentColor;margin-right:7px;vertical-align:middle}
.heat .field{fill:var(--paper);stroke:var(--line)}.heat .line{stroke:var(--grid);fill:none}.heat .right{fill:var(--right)}.heat .wrong{fill:var(--wrong)}
.heat .count{fill:var(--ink);font-size:12px;pointer-events:none}
.key{display:inline-block;width:11px;height:11px;border-radius:2px;margin-left:4px}.key.right{background:var(--right)}.key.wrong{background:var(--wrong)}
.clips{display:grid;grid-template-columns:repeat(auto-fill,minmax(330px,1fr));gap:16px}
.clips img{display:block;width:100%;border-radius:6px;border:1px solid var(--grid)}
figcaption{padding:5px 2px;line-height:1.35}.is{font-weight:600}.as{color:var(--wrong)}figcaption code{display:block;font-size:11.5px;color:var(--soft);overflow-wrap:anywhere}
summary{cursor:pointer;font-weight:600;font-size:15px;margin:26px 0 8px}details.list>summary{font-size:17px;margin:8px 0}
.classes{columns:340px;column-gap:36px;margin:0;padding:0;list-style:none;font-size:13px}
.classes li{display:flex;align-items:center;gap:10px;break-inside:avoid;padding:2px 0}
.what{flex:1 1 auto;min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.classes .n{flex:0 0 58px;font-variant-numeric:tabular-nums}
.bar{flex:0 0 84px;height:9px;border-radius:5px;background:var(--grid);overflow:hidden}.bar span{display:block;height:100%;background:var(--right)}
@media print{body{background:#fff}section{break-inside:avoid-page}}
)css";

}  // namespace vifi::train
