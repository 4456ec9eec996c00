// What a learner has done, in the browser's own store, and as the line that progress.py exports and restores.
//
// `limits` are the numbers of progress.py, which build.py hands over. Nothing is sent anywhere. Each change reads the store anew, so
// two tabs lose nothing of each other; where a browser keeps nothing, it is kept until the page is left.

export const STORE = "leakyedu";

export class Progress {
  constructor(limits, store) {
    this.limits = limits;
    this.store = store;
    this.memory = null;
  }

  get kept() {
    return this.memory === null;
  }

  records() {
    if (this.memory) return this.memory;
    let text;
    try {
      text = this.store.getItem(STORE);
    } catch {
      return (this.memory = {}); // a browser may forbid its store
    }
    if (text === null) return {};
    try {
      return this.understood(text);
    } catch {
      this.write(`${STORE}-broken`, text);
      this.store.removeItem(STORE);
      return {};
    }
  }

  record(key) {
    return this.records()[key] ?? {};
  }

  put(key, record) {
    const all = this.records();
    all[key] = record;
    this.save(all);
  }

  forget(lesson) {
    const all = this.records();
    this.save(Object.fromEntries(Object.entries(all).filter(([key]) => key.split(".")[0] !== lesson)));
  }

  save(records) {
    const text = JSON.stringify({ schema: this.limits.schema, records });
    if (this.memory || !this.write(STORE, text)) this.memory = records;
  }

  write(name, text) {
    try {
      this.store.setItem(name, text);
      return true;
    } catch {
      return false; // it is full, or forbidden
    }
  }

  async line() {
    const text = JSON.stringify({ schema: this.limits.schema, records: this.records() });
    const bytes = new Uint8Array(await new Response(through(text, new CompressionStream("deflate"))).arrayBuffer());
    const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    return this.limits.mark + base64.replaceAll("+", "-").replaceAll("/", "_");
  }

  // Adds the records of a line, in whatever text it stands, and returns how many they are; null: there is none in it.
  // `known` maps the keys that the course asks for to those of the mistakes of each.
  async restore(text, known) {
    const line = lineIn(text) ?? "";
    let theirs;
    try {
      if (!line.startsWith(this.limits.mark)) return null;
      const base64 = line.slice(this.limits.mark.length).replaceAll("-", "+").replaceAll("_", "/");
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      theirs = this.understood(await unpacked(bytes, this.limits.most));
    } catch {
      return null;
    }
    const mine = this.records();
    const room = Math.max(0, this.limits.most_records - Object.keys(mine).length);
    const wanted = Object.entries(theirs)
      .filter(([key]) => known.has(key))
      .map(([key, record]) => [key, knownAlone(record, known.get(key))])
      .filter(([, record]) => Object.keys(record).length);
    const fresh = wanted.filter(([key]) => !(key in mine)).slice(0, room);
    const brought = [...wanted.filter(([key]) => key in mine), ...fresh];
    this.save(merged(Object.fromEntries(brought), mine, this.limits.most_mistakes));
    return brought.length;
  }

  understood(text) {
    const { schema, records } = JSON.parse(text);
    if (schema !== this.limits.schema || Object.prototype.toString.call(records) !== "[object Object]")
      throw new Error("these are no records");
    const good = Object.entries(records).filter(([key, record]) => this.fits(key, record));
    return Object.fromEntries(good.map(([key, record]) => [key, this.fieldsOf(record)]).filter(([, r]) => Object.keys(r).length));
  }

  fieldsOf(record) {
    return Object.fromEntries(Object.entries(record).filter(([name]) => Object.hasOwn(this.fields, name)));
  }

  fits(key, record) {
    if (!/^[a-z][A-Za-z0-9_]{0,99}(\.[A-Za-z0-9_]{1,100}){1,2}$/.test(key) || record === null || typeof record !== "object") return false;
    return Object.entries(this.fields).every(([name, fits]) => !(name in record) || fits(record[name]));
  }

  get fields() {
    const { longest, most_counted, most_mistakes } = this.limits;
    const isCount = (x) => Number.isInteger(x) && x >= 0 && x <= most_counted;
    const isFlag = (x) => typeof x === "boolean";
    const isAnswer = (x) => typeof x === "string" && [...x].length <= longest && !/\p{C}|(?! )\p{Z}/u.test(x);
    const isNumber = (x) => Number.isFinite(x);
    const isPair = (x) => (Array.isArray(x) ? x.length >= 1 && x.length <= 2 && x.every(isNumber) : isNumber(x));
    const isPrediction = (x) =>
      Array.isArray(x) ? x.length <= 20 && x.every(isPair) : isNumber(x) || (isAnswer(x) && [...x].length <= 100);
    const areMistakes = (x) =>
      Object.prototype.toString.call(x) === "[object Object]" && Object.keys(x).length <= most_mistakes &&
      Object.entries(x).every(([name, times]) => /^[A-Za-z0-9_][A-Za-z0-9_ ]{0,59}$/.test(name) && isCount(times));
    const isDay = (x) => typeof x === "string" && /^\d{4}-\d\d-\d\d$/.test(x) && !Number.isNaN(Date.parse(x));
    return {
      prediction: isPrediction, after: (x) => x === null || isPrediction(x), seen: isFlag, tries: isCount,
      hints: isCount, solution: isFlag, passed: isDay, answer: isAnswer,
      mistakes: areMistakes,
    };
  }
}

// A record without the mistakes that its exercise has not.
function knownAlone({ mistakes = {}, ...record }, known) {
  const named = Object.entries(mistakes).filter(([name]) => known.includes(name));
  return named.length ? { ...record, mistakes: Object.fromEntries(named) } : record;
}

// The records of both, as progress.py joins them: counts are the larger ones, days the earlier ones, and of two
// predictions with what was changed later, the new one is kept.
export function merged(old, fresh, mostMistakes) {
  const both = Object.fromEntries(Object.entries(old).map(([key, record]) => [key, { ...record }]));
  const larger = (theirs, mine) => {
    const counted = Object.entries(theirs).map(([name, times]) => [name, Math.max(times, mine[name] ?? 0)]);
    const added = Object.entries(mine).filter(([name]) => !Object.hasOwn(theirs, name));
    return Object.fromEntries([...counted, ...added].slice(0, mostMistakes));
  };
  const better = { tries: Math.max, hints: Math.max, passed: (a, b) => (a < b ? a : b), mistakes: larger };
  for (const [key, theirs] of Object.entries(fresh)) {
    const mine = (both[key] ??= {});
    if ("prediction" in theirs || "after" in theirs) delete mine.prediction, delete mine.after;
    for (const [name, value] of Object.entries(theirs))
      mine[name] = name in better && name in mine ? better[name](value, mine[name]) : value;
  }
  return both;
}

// A line may stand in a quoted mail, broken into several.
function lineIn(text) {
  const found = /\bleakyedu\d+:/.exec(text);
  if (!found) return null;
  const lines = text.slice(found.index).split(/\r?\n/).map((line) => line.replace(/^[> \t"'`]+|[> \t"'`]+$/g, ""));
  const end = lines.findIndex((line) => !/^[\w:=-]+$/.test(line));
  return lines.slice(0, end < 0 ? undefined : end).join("");
}

function through(data, stream) {
  return new Blob([data]).stream().pipeThrough(stream);
}

// A line of a few letters may be made to unpack into all of the memory.
async function unpacked(bytes, most) {
  const reader = through(bytes, new DecompressionStream("deflate")).getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let [text, size] = ["", 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    if ((size += value.length) > most) throw new Error("this is more than any course has");
    text += decoder.decode(value, { stream: true });
  }
}
