// Answers that come on the standard input, judged as a page does: for test_judging.py.

import { readFileSync } from "node:fs";

import { Lesson } from "../../../leakyedu/app/site/judge.mjs";
import { apart, general, repr, whole, written } from "../../../leakyedu/app/site/written.mjs";

const { shared, lessons, asked, numbers, curve } = JSON.parse(readFileSync(0, "utf8"));
const shapeOf = new Function(`${readFileSync(curve, "utf8")}; return shapeOf;`)();
const pages = Object.fromEntries(lessons.map((tables) => [tables.lesson, new Lesson(tables, shared, shapeOf)]));

function reply([lesson, key, action, typed, record, today]) {
  try {
    const { state, text, code, html, record: now } = pages[lesson].ask(key, action, typed, record, today);
    return { state, text, code, html, record: now };
  } catch (error) {
    return { error: String(error) };
  }
}

const shown = (x) => [written(x), written(x, 6), general(x, 4), general(x, 12), whole(x), repr(x), apart(x, x * 1.0001)];
console.log(JSON.stringify({ replies: asked.map(reply), shown: numbers.map(shown) }));
