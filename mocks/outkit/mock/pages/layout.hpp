#ifndef OUTKIT_MOCK_PAGES_LAYOUT_HPP
#define OUTKIT_MOCK_PAGES_LAYOUT_HPP

#include <outkit/config.hpp>

#include <string_view>

namespace outkit::inline OUTKIT_ABI::mock::pages {

// Around every page of the mocks. It may resemble a sign-in page, but nobody must take it for Microsoft's.
inline constexpr std::string_view layout = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>{{title}} - outkit mock</title>
<style nonce="{{nonce}}">
:root { color-scheme: light dark; --ground: #eef1ee; --card: #ffffff; --ink: #1c2321; --quiet: #55615d;
  --line: #b9c4bf; --accent: #0b6b58; --accent-ink: #ffffff; --alarm: #a4262c; --mock: #ffe08a; --mock-ink: #3a2d00; }
@media (prefers-color-scheme: dark) { :root { --ground: #131816; --card: #1e2523; --ink: #e9eeec; --quiet: #a7b3ae;
  --line: #46524d; --accent: #5cc7ae; --accent-ink: #06251e; --alarm: #ff9a94; --mock: #5b4a10; --mock-ink: #ffeeb5; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--ground);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
.mock { margin: 0; padding: .6rem 1rem; background: var(--mock); color: var(--mock-ink); text-align: center; }
main { width: min(28rem, calc(100% - 2rem)); margin: 3rem auto; padding: 2.2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .5rem; box-shadow: 0 .4rem 1.6rem rgba(0, 0, 0, .12); }
h1 { margin: 0 0 .4rem; font-size: 1.5rem; line-height: 1.25; font-weight: 600; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
p { margin: .4rem 0 1rem; overflow-wrap: anywhere; }
.quiet, dt, footer { color: var(--quiet); font-size: .875rem; }
.who { overflow-wrap: anywhere; color: var(--quiet); margin: 0 0 .8rem; }
label { display: block; font-weight: 600; margin: .8rem 0 .25rem; }
label.check { display: flex; gap: .6rem; align-items: baseline; font-weight: 400; }
input[type=email], input[type=text], input[type=password] { width: 100%; padding: .55rem .7rem; font: inherit;
  color: inherit; background: transparent; border: 1px solid var(--quiet); border-radius: .3rem; }
input[aria-invalid=true] { border-color: var(--alarm); }
.error { color: var(--alarm); margin: .6rem 0; }
.buttons { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: 1.4rem; }
button, a.button { font: inherit; padding: .5rem 1.4rem; border-radius: .3rem; border: 1px solid var(--accent);
  background: var(--accent); color: var(--accent-ink); cursor: pointer; text-decoration: none; }
button.second, a.second { background: transparent; color: var(--ink); border-color: var(--quiet); }
button.account { display: block; width: 100%; text-align: left; margin: 0 0 .6rem; background: transparent;
  color: var(--ink); border-color: var(--quiet); overflow-wrap: anywhere; }
button.account span { display: block; color: var(--quiet); font-size: .875rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
ul.permissions { padding: 0; margin: .8rem 0; list-style: none; }
ul.permissions li { padding: .5rem 0; border-top: 1px solid var(--line); }
dl { margin: 1.2rem 0 0; }
dd { margin: 0 0 .6rem; overflow-wrap: anywhere; font-family: ui-monospace, monospace; font-size: .85rem; }
a { color: var(--accent); }
footer { margin: auto auto 1rem; text-align: center; }
@media (max-width: 30rem) { main { margin: 1rem auto; padding: 1.2rem; } .mock { font-size: .875rem; }
  .buttons button { width: 100%; } }
</style>
</head>
<body>
<p class="mock" role="note"><strong>Mock sign-in.</strong> outkit's offline imitation for tests, not Microsoft. Never type a real password here.</p>
<main>
{{{body}}}
</main>
<footer>outkit mock &middot; nothing leaves this machine</footer>
</body>
</html>
)html";

}  // namespace outkit::inline OUTKIT_ABI::mock::pages

#endif
