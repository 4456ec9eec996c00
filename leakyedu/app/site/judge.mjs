// Judges answers on a page without Python, with the verdicts and the words of leakyedu.teaching.
//
//   const lesson = new Lesson(tables, shared, shapeOf);
//   const reply = lesson.ask(key, action, typed, record, today);
//
// `tables` is what tables.py's `tables(lesson)` returns, `shared` what its `shared()` does, as JSON has them; `shapeOf`
// is that of teaching/curve.js, which lessons with a drawn prediction need. `lesson.tasks` maps the keys of a lesson's
// tasks to their tables, in order; a key is the one of the learner's progress: "one_euler_step.peak_time",
// "one_euler_step.recall.2". Each table has `task`: "prediction", "exercise" or "recall", `kind`, `expected`
// (what to give, in words), and for an exercise `hints`, `solution` and `code`.
//
// `action`   of                      `typed`
// "predict"  a prediction            the text of the field, a letter, or the numbers of a drawn curve: "0.1, 0.2, 0.4"
// "tell"     a prediction            nothing: holds the prediction against what happens, which counts as seen then
// "check"    an exercise, a recall   the text of the field, or a letter
// "hint"     an exercise             nothing: the next one, counted as long as `lesson` lives
// "solution" an exercise             nothing
// Where `typed` is null, nothing is: what was kept or has passed before is told again.
//
// `record` is what the learner's progress holds of this key, `{}` at first, and is left as it is; `today` is the day of
// the learner, "2026-11-30". Nothing is kept here but the counts of hints: the page keeps `reply.record` in
// place of the record.
//
// The reply: {state, text, code, html, record}
//   state   "passed"   a right answer                   "kept"     a prediction is kept, or what was asked for is told
//           "refused"  a wrong answer                   "asks"     not tried, or not understood: it is asked again
//   text    the words, `code` in backticks; `code` are lines below them, or ""
//   html    both, as Python makes it of them: a <div role="status"> with a bar at its left
//   record  the record as it is now, with the fields that leakyedu.teaching.progress names
//
// A function to be written in Python is not judged: its table has the kind "Function", hints, and solution. "check" of
// one throws, as an unknown key or action does; an answer never does.

import { ExpressionKind } from "./formula.mjs";
import { ChoiceKind, MeasuredKind, NumberKind, OrderKind, PointsKind, WitnessKind } from "./kinds.mjs";
import { toHtml } from "./markup.mjs";
import { Reader } from "./reading.mjs";
import { isPrintable, length } from "./written.mjs";

const KINDS_OF_ANSWER = {
  Number: NumberKind,
  Measured: MeasuredKind,
  Choice: ChoiceKind,
  Order: OrderKind,
  Points: PointsKind,
  Witness: WitnessKind,
  Expression: ExpressionKind,
};

export class Lesson {
  constructor(tables, shared, shapeOf) {
    this.tasks = Object.fromEntries(tables.tasks.map((task) => [task.key, task]));
    this.shared = shared;
    this.shapeOf = shapeOf;
    this.reader = new Reader(shared);
    this.kinds = {};
    this.hints = {}; // how many were given of a task
    this.refused = {}; // what is wrong with the last answer to a task, if it was not kept
  }

  ask(key, action, typed = "", record = {}, today = "") {
    const task = this.tasks[key];
    if (!task) throw new Error(`${this.constructor.name} has no task ${key}`);
    const does = { prediction: this.ofPrediction, exercise: this.ofExercise, recall: this.ofRecall }[task.task].call(this, task, record)[action];
    if (!does) throw new Error(`${key} is a ${task.task}, and ${action} is not asked of one`);
    return does(typed, today);
  }

  kind(task) {
    const Kind = KINDS_OF_ANSWER[task.kind];
    if (!Kind) throw new Error(`${task.key} is answered by a ${task.kind}, which is judged in Python`);
    this.kinds[task.key] ??= new Kind(task, this.reader, this.shared, this.shapeOf);
    return this.kinds[task.key];
  }

  reply(state, text, record, code = "") {
    const colour = this.shared.bar[state === "passed" ? "true" : state === "refused" || (state === "asks" && /^Not yet/.test(text)) ? "false" : "none"];
    return { state, text, code, html: toHtml(text, code, colour), record };
  }

  // -- A prediction ----------------------------------------------------------------------------------

  ofPrediction(task, record) {
    const kind = this.kind(task);
    const keptIn = (of) => ["prediction", "after"].map((name) => (of[name] === undefined || of[name] === null ? null : kind.kept(of[name])));
    const last = ([before, after]) => after ?? before;
    const beforeIt = (before) => (before === null ? "" : ` Before it was shown, you predicted ${kind.show(before)}.`);
    const notKept = () => (this.refused[task.key] ? `Your last answer was not kept. ${this.refused[task.key]} ` : "");
    const predict = (typed) => {
      delete this.refused[task.key];
      const earlier = last(keptIn(record));
      const answer = typed === null ? null : kind.parse(typed);
      if (answer === null) {
        const words = earlier === null ? `No prediction yet: answer here with ${kind.expected}. You may skip it and go on.` : `Your prediction is kept: ${kind.show(earlier)}.`;
        return this.reply(earlier === null ? "asks" : "kept", words, record);
      }
      const { value, complaint } = kind.read(answer);
      if (value === null) {
        this.refused[task.key] = complaint;
        const stays = earlier === null ? "" : ` Your earlier one stays: ${kind.show(earlier)}.`;
        return this.reply("asks", `Not kept. ${complaint}${stays}`, record);
      }
      const now = { ...record };
      if (!record.seen) now.prediction = value;
      else now.after = JSON.stringify(value) === JSON.stringify(record.prediction) ? null : value;
      const [before, after] = keptIn(now);
      if (after === null) return this.reply("kept", `Kept: you predict ${kind.show(value)}.`, now);
      return this.reply("kept", `Kept as made after the answer was shown: ${kind.show(after)}.${beforeIt(before)}`, now);
    };
    const tell = () => {
      const [before, after] = keptIn(record);
      const now = { ...record, seen: true };
      const refused = notKept();
      let said = `${refused ? "" : "You made no prediction. "}${kind.tell()}`;
      if (after !== null) said = `You predicted ${kind.show(after)}, after the answer was shown.${beforeIt(before)} ${kind.tell()}`;
      else if (before !== null) said = kind.compare(before);
      return this.reply("kept", `${refused}${said}`, now);
    };
    return { predict, tell };
  }

  // -- An exercise, and a question at the end of a lesson -----------------------------------------------

  ofExercise(task, record) {
    const hint = () => {
      const last = task.hints.length;
      const given = (this.hints[task.key] = Math.min((this.hints[task.key] ?? 0) + 1, last));
      const [words, ...code] = task.hints[given - 1].split("\n\n");
      const more = given === last ? "; after it comes the solution" : "";
      const now = { ...record, hints: Math.max(given, record.hints ?? 0) };
      return this.reply("kept", `Hint ${given} of ${last}${more}. ${words}`, now, code.join("\n\n"));
    };
    const solution = () => this.reply("kept", task.solution, { ...record, solution: true }, task.code);
    const check = (typed, today) => {
      const kind = this.kind(task);
      const answer = typed === null ? null : kind.parse(typed);
      if (answer !== null) return this.judged(kind, answer, record, today, this.asTyped(answer));
      const passedWith = record.answer === undefined ? null : kind.parse(record.answer);
      const again = passedWith === null ? null : kind.tryOut(passedWith);
      if (again?.passed)
        return this.reply("passed", `Right. ${again.text} Your answer is kept: \`${record.answer}\`.`, record);
      return this.reply("asks", `Not tried yet: answer here with ${kind.expected}.`, record);
    };
    return { hint, solution, check };
  }

  ofRecall(task, record) {
    return { check: (typed, today) => this.judged(this.kind(task), typed, record, today, null) };
  }

  judged(kind, answer, record, today, typed) {
    const { passed, text, understood } = kind.tryOut(answer);
    const now = { ...record, tries: Math.min((record.tries ?? 0) + 1, 999_999) };
    if (passed) now.passed ??= today;
    if (passed && typed !== null) now.answer = typed;
    const mistake = passed ? undefined : kind.mistakes.find((each) => each.text === text); // each has words of its own
    if (mistake) now.mistakes = { ...now.mistakes, [mistake.key]: Math.min((now.mistakes?.[mistake.key] ?? 0) + 1, 999_999) };
    const state = passed ? "passed" : understood ? "refused" : "asks";
    return this.reply(state, `${passed ? "Right" : "Not yet"}. ${text}`, now);
  }

  // An answer as progress keeps it; null if it does not fit in there.
  asTyped(text) {
    return length(text) <= 200 && isPrintable(text) ? text : null;
  }
}
