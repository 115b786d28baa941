// Compares what the Supabase CLI's advisors and `pgpact lint` found; started by advisors.sh, which says more.
import { readFileSync } from "node:fs";

const folder = process.argv[2];
const read = (name) => readFileSync(`${folder}/${name}`, "utf8");
const names = new Map(read("names.tsv").trim().split("\n").map((line) => line.split("\t")));
const codes = new Set(names.values());
const theirs = JSON.parse(read("theirs.json")).results;
const ours = JSON.parse(read("ours.json"));

// The parts of a quoted, qualified name; arguments of functions are left out, the CLI does not tell them apart.
const parts = (path) => {
  const found = [""];
  let quoted = false;
  for (const c of path) {
    if (c === '"') quoted = !quoted;
    else if (c === "(" && !quoted) break;
    else if (c === "." && !quoted) found.push("");
    else found[found.length - 1] += c;
  }
  return found;
};

// What each of the CLI's results is about: one of these names.
const about = ({ name, metadata: m, detail, cacheKey }) => {
  const at = [m.schema, m.name];
  const prefix = `${at.join("_")}_`;
  switch (name) {
    case "unindexed_foreign_keys": return [[...at, m.fkey_name]];
    case "fkey_to_auth_unique": return [[...at, m.foreign_key]];
    case "unsupported_reg_types": return [[m.schema, m.table ?? m.name, m.column]];
    case "duplicate_index": return m.indexes.map((index) => [m.schema, index]);
    case "auth_rls_initplan":
    case "rls_references_user_metadata":
    case "rls_policy_always_true": return [[...at, cacheKey.slice(cacheKey.indexOf(prefix) + prefix.length)]];
    case "unused_index": return [[m.schema, detail.match(/Index \\?`([^`\\]+)/)[1]]];
    case "extension_in_public":
    case "extension_versions_outdated": return [[m.extension_name ?? m.name]];
    default: return [at];
  }
};

// Findings on columns are the table's: the CLI has one for all of them.
const TABLES = new Set(["lint-sensitive-column-exposed"]);
const key = (code, path) => {
  const found = parts(path);
  return `${code} ${(TABLES.has(code) ? found.slice(0, -1) : found).join(".")}`;
};

const found = new Set(ours.findings.map((one) => key(one.code, one.object)));
const matched = new Set();
const both = new Map();
const missed = [];
for (const result of theirs) {
  const code = names.get(result.name);
  const keys = about(result).map((path) => `${code} ${path.join(".")}`);
  const hits = keys.filter((one) => found.has(one));
  hits.forEach((one) => matched.add(one));
  if (hits.length > 0) both.set(result.name, (both.get(result.name) ?? 0) + 1);
  else missed.push(`  ${result.name} ${about(result).map((path) => path.join(".")).join(" or ")}`);
}
const more = [...found].filter((one) => codes.has(one.split(" ")[0]) && !matched.has(one)).sort();
const others = new Map();
for (const { code } of ours.findings) if (!codes.has(code)) others.set(code, (others.get(code) ?? 0) + 1);

const list = (title, lines) => console.log(`${title}\n${lines.length ? lines.join("\n") : "  nothing"}\n`);
list("Found by both", [...both].sort().map(([name, count]) => `  ${name} = ${names.get(name)}: ${count}`));
list("Found by the CLI alone", missed.sort());
list("Found by pgpact alone, of checks that both have", more.map((one) => `  ${one}`));
list("Checks that the CLI does not have", [...others].sort().map(([code, count]) => `  ${code}: ${count}`));
process.exitCode = missed.length > 0 ? 1 : 0;
