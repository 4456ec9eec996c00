// The one place where words become HTML on a page without Python, as leakyedu.teaching.markup makes it of them.

// Characters that cannot be seen, as Python writes them.
export function printable(words) {
  return words.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu, (found) => {
    const code = found.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`;
  });
}

const SIGNS_OF_HTML = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };

function asHtml(words, quote) {
  const escapedWords = printable(words).replace(quote ? /[&<>"']/g : /[&<>]/g, (sign) => SIGNS_OF_HTML[sign]);
  return /[$\\]/.test(escapedWords) ? `<span class="mathjax_ignore">${escapedWords}</span>` : escapedWords;
}

// What page.py's to_html makes of words and of lines of code below them.
export function toHtml(text, code, colour) {
  const parts = text.split(/`([^`]+)`/); // every second one stood in backticks
  const said = parts.map((words, n) => (n % 2 ? `<code>${asHtml(words, false)}</code>` : asHtml(words, false))).join("");
  const lines = code ? `<pre><code>${asHtml(code, true)}</code></pre>` : "";
  const bar = `border-left:4px solid ${colour};padding:2px 0 2px 10px;line-height:1.5`;
  return `<div role="status" style="${bar}">${said}${lines}</div>`;
}
