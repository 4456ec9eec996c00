// The votes of a class as a picture: bars, a strip of numbers, or thin curves; of two votes, the first beside the second.

// drawVotes(question, rounds) gives an element; each of the rounds holds `picture`, `says`, and `then`, what follows.
function drawVotes(question, rounds) {
  const draw = question.options ? bars : question.curve ? curves : strips;
  const figure = made("figure", { className: "leakyedu-votes" }, ...draw(question, rounds));
  // What was said of the first vote makes room for the second: its numbers stand at its bars.
  const says = rounds.map(({ says }, n) => (rounds.length > 1 ? `Vote ${n + 1}: ${says}` : says));
  const { then } = rounds[rounds.length - 1];
  const words = [says[says.length - 1], then].filter(Boolean).map((line) => made("p", { textContent: line }));
  figure.append(made("figcaption", {}, ...words));
  figure.setAttribute("aria-label", says.join(" "));
  return figure;

  function bars({ options }, votes) {
    const most = Math.max(1, ...votes.flatMap(({ picture }) => picture));
    const rows = options.map(([key], n) => {
      const lines = votes.map(({ picture }, round) => {
        const bar = made("span", { className: "leakyedu-bar" });
        bar.style.width = `${(80 * picture[n]) / most}%`;
        const last = round === votes.length - 1 ? " leakyedu-last" : "";
        return made("div", { className: `leakyedu-line${last}` }, bar, made("span", { textContent: picture[n] }));
      });
      return made("div", { className: "leakyedu-bars" }, made("b", { textContent: `(${key})` }), made("div", {}, ...lines));
    });
    return rows;
  }

  // Each number is one mark; equal ones stand on each other.
  function strips({ unit }, votes) {
    const all = votes.flatMap(({ picture }) => picture);
    if (!all.length) return [];
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const of = (value) => (high > low ? (value - low) / (high - low) : 0.5);
    const BINS = 40;
    const piles = votes.map(({ picture }) => {
      const heights = new Array(BINS + 1).fill(0);
      for (const value of picture) heights[Math.round(of(value) * BINS)] += 1;
      return heights;
    });
    const tallest = Math.max(8, ...piles.flat());
    const drawn = piles.map((heights, round) => {
      const last = round === votes.length - 1 ? " leakyedu-last" : "";
      const picture = svg("svg", { viewBox: `0 0 ${BINS + 1} ${tallest}`, preserveAspectRatio: "none", class: `leakyedu-strip${last}` });
      heights.forEach((height, at) => {
        for (let n = 0; n < height; n += 1)
          picture.append(svg("rect", { x: at + 0.08, y: tallest - 1 - n + 0.06, width: 0.84, height: 0.88 }));
      });
      const middle = 0.5 + BINS * of(parseFloat(votes[round].answer));
      if (votes[round].answer) picture.append(svg("path", { d: `M${middle} 0V${tallest}`, class: "leakyedu-median" }));
      return picture;
    });
    const ends = high > low ? [low, high] : [low];
    const axis = made("div", { className: "leakyedu-axis" }, ...ends.map((end) => made("span", { textContent: `${short(end)} ${unit}`.trim() })));
    return [...drawn, axis];
  }

  function curves({ curve }, votes) {
    const [low, high] = curve.axis;
    const [first, last] = [Math.min(curve.start[0], ...curve.at), Math.max(...curve.at)];
    const x = (place) => (1000 * (place - first)) / (last - first);
    const y = (value) => 1000 * (1 - (value - low) / (high - low));
    const picture = svg("svg", { viewBox: "0 0 1000 1000", preserveAspectRatio: "none", class: "leakyedu-curves" });
    for (const place of curve.at) picture.append(svg("path", { class: "leakyedu-grid", d: `M${x(place)} 0V1000` }));
    if (low < 0 && high > 0) picture.append(svg("path", { class: "leakyedu-grid", d: `M0 ${y(0)}H1000` }));
    votes.forEach(({ picture: drawn }, round) => {
      for (const values of drawn) {
        const points = [[x(curve.start[0]), y(curve.start[1])], ...values.map((value, n) => [x(curve.at[n]), y(value)])];
        const kind = round === votes.length - 1 ? " leakyedu-last" : "";
        picture.append(svg("polyline", { points: points.join(" "), class: `leakyedu-thin${kind}` }));
      }
    });
    const end = (value) => made("span", { textContent: short(value) });
    const upright = made("div", { className: "leakyedu-upright" }, end(high), made("span", { textContent: curve.names[1] }), end(low));
    const across = made("div", { className: "leakyedu-axis" }, end(first), made("span", { textContent: curve.names[0] }), end(last));
    return [made("div", { className: "leakyedu-paper" }, upright, picture, made("span", {}), across)];
  }

  function short(value) {
    return Number(value.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 }).replace("-", "\u2212");
  }

  function made(name, properties, ...children) {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  }

  function svg(name, attributes) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  }
}
