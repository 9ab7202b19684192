//! How the page looks: light or dark as the reader's system is, every state told by colour and by word.

/// The classes of states, and what they mean.
pub(super) const LEGEND: &[(&str, &str)] = &[
    ("up", "active UP"),
    ("backup", "backup UP"),
    ("going-down", "UP, going down"),
    ("going-up", "DOWN, going up"),
    ("down", "DOWN"),
    ("nocheck", "not checked"),
    ("maint", "maintenance (MAINT)"),
    ("drain", "draining (DRAIN, NOLB)"),
];

pub(super) const CSS: &str = "\
:root{--bg:#f6f7f9;--fg:#1d2430;--dim:#667085;--card:#fff;--line:#d8dde6;--head:#27374d;--headfg:#f3f6fa;\
--up:#d2f4d3;--backup:#d6e6fb;--going-down:#fdf0b8;--going-up:#ffdfba;--down:#ffc4c0;--nocheck:#e9ecf1;--maint:#ead7f6;--drain:#c9dff0;\
--front:#eef2f7;--back:#e4eaf2;--link:#1b5fb4}\
@media(prefers-color-scheme:dark){:root{--bg:#12161d;--fg:#dfe5ee;--dim:#93a0b3;--card:#1a2029;--line:#313a48;--head:#0c1a2b;--headfg:#dce7f5;\
--up:#1f4a2a;--backup:#1f3c61;--going-down:#574c15;--going-up:#5f421c;--down:#6a2421;--nocheck:#2a323e;--maint:#44305a;--drain:#24435a;\
--front:#202733;--back:#252e3b;--link:#86b7f2}}\
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:13px/1.45 system-ui,sans-serif}\
header{background:var(--head);color:var(--headfg);padding:14px 20px}h1{font-size:18px;margin:0}h2{font-size:14px;font-weight:400;margin:2px 0 0}\
main{padding:14px 20px}a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}\
.process{display:flex;flex-wrap:wrap;gap:24px;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 16px;margin-bottom:16px}\
dl{display:grid;grid-template-columns:auto auto;gap:1px 12px;margin:0}dt{color:var(--dim)}dd{margin:0;font-variant-numeric:tabular-nums}\
.legend{display:grid;grid-template-columns:auto auto;gap:4px 8px;list-style:none;margin:0;padding:0;align-content:start}.legend li{padding:1px 8px;border-radius:4px}\
nav ul{margin:2px 0 0;padding-left:18px}nav form{display:inline}input,select,button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:4px;padding:1px 6px}\
.proxy{background:var(--card);border:1px solid var(--line);border-radius:8px;margin-bottom:16px;overflow-x:auto}\
.proxy h3{margin:0;padding:8px 12px;font-size:14px}.proxy h3 small{color:var(--dim);font-weight:400;margin-left:8px}\
table{border-collapse:collapse;width:100%;white-space:nowrap;font-variant-numeric:tabular-nums}\
th,td{border-top:1px solid var(--line);border-left:1px solid var(--line);padding:2px 6px;text-align:right}\
th:first-child,td:first-child{border-left:0}thead th{background:var(--head);color:var(--headfg);font-weight:500;text-align:center;border-color:#ffffff22}\
td.name,th.name{text-align:left;font-weight:600}td.status,td.check{text-align:center}\
tr.frontend td{background:var(--front)}tr.backend td{background:var(--back);font-weight:600}tr.socket td{background:var(--nocheck)}\
.up{background:var(--up)}.backup{background:var(--backup)}.going-down{background:var(--going-down)}.going-up{background:var(--going-up)}\
.down{background:var(--down)}.nocheck{background:var(--nocheck)}.maint{background:var(--maint)}.drain{background:var(--drain)}\
.actions{padding:8px 12px;border-top:1px solid var(--line)}.outcome{padding:6px 12px;border-radius:6px}.good{background:var(--up)}.neutral{background:var(--going-down)}.bad{background:var(--down)}\
abbr{text-decoration:underline dotted var(--dim);cursor:help}";
