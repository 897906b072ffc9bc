/** How a language writes its tests. Every pattern is tried on one line without its comment. */
export interface TestLanguage {
  readonly extensions: readonly string[];
  /** Declares a test; the first group that matched is its name. */
  readonly test: RegExp;
  /** States what has to hold. */
  readonly assertion: RegExp;
  /** Takes a test out of the run, or all others. */
  readonly skip: RegExp;
  /** Lines that bring code in; changing them weakens nothing. */
  readonly imports: RegExp;
  /** What begins a comment up to the end of the line. */
  readonly comment: string;
}

const JAVASCRIPT: TestLanguage = {
  extensions: [".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".vue", ".svelte"],
  test: /(?<![\w.])(?:it|test|specify|fit|ftest|Deno\.test|t\.test)(?:\.(?:concurrent|serial|sequential|only|skip|todo|failing|fails|each\b.*?))*\s*\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`)/,
  assertion:
    /(?<![\w.])(?:expect|assert|should|strictEqual|deepStrictEqual|equal|throws|rejects|ok)\s*[.(]|\.should\b|\bt\.(?:is|not|deepEqual|true|false|truthy|falsy|throws|equal|same|ok|notOk|like|regex|snapshot|assert)\s*[.(]/,
  skip: /(?<![\w.])(?:it|test|describe|suite|specify|context|bench)\.(?:skip|todo|only|skipIf|runIf|failing|fails)\b|(?<![\w.])(?:xit|xtest|xdescribe|xspecify|fit|fdescribe|xcontext)\s*[.(]|\bthis\.skip\s*\(|\bt(?:est)?\.(?:skip|todo)\s*\(|(?<![\w.])pending\s*\(|\b(?:skip|todo)\s*:\s*(?!false)\S|\bonly\s*:\s*true\b|\bretr(?:y|ies)\s*:\s*[1-9]|\b(?:jest\.retryTimes|this\.retries)\s*\(/,
  imports:
    /^\s*(?:import\b|export\s.*\bfrom\b|(?:const|let|var)\s.*=\s*(?:await\s+)?(?:require|import)\s*\(|\}\s*from\b)/,
  comment: "//",
};

const PYTHON: TestLanguage = {
  extensions: [".py", ".pyi"],
  test: /^\s*(?:async\s+)?def\s+(test\w*)\s*\(/,
  assertion:
    /^\s*assert\b|\bself\.(?:assert|fail)\w*\s*\(|\bpytest\.(?:raises|warns|fail)\b|\.assert_\w+\s*\(|\bassert_\w+\s*\(/,
  skip: /@(?:pytest\.mark\.|unittest\.|mark\.)?(?:skip|skipif|skipIf|skipUnless|xfail|expectedFailure)\b|\b(?:pytest\.(?:skip|xfail|importorskip)|self\.skipTest|unittest\.SkipTest)\b|\bcollect_ignore\b|\bpytestmark\s*=|\b__test__\s*=\s*False|\bdef\s+pytest_(?:collection_modifyitems|ignore_collect|runtest_call)\b|@(?:pytest\.mark\.)?flaky\b/,
  imports: /^\s*(?:import\s|from\s.+\simport\b)/,
  comment: "#",
};

const GO: TestLanguage = {
  extensions: [".go"],
  test: /^\s*func\s+((?:Test(?!Main\b)|Fuzz|Example)\w*)\s*\(|\bt\.Run\(\s*"((?:[^"\\]|\\.)*)"/,
  assertion: /\b[tb]\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\s*\(|\b(?:assert|require|is|qt|c)\.\w+\s*\(/,
  skip: /\b[tb]\.(?:Skip|Skipf|SkipNow)\s*\(|^\s*\/\/go:build\s+(?:ignore|never)\b/,
  imports: /^\s*(?:import\b|"[\w./-]+"$|\w+\s+"[\w./-]+"$)/,
  comment: "//",
};

const RUST: TestLanguage = {
  extensions: [".rs"],
  test: /#\[(?:\w+::)*test\b()|\bfn\s+(test_\w+)\s*\(/,
  assertion: /\b(?:debug_)?assert(?:_\w+)?!\s*[([{]|#\[should_panic|\bpanic!\s*\(/,
  skip: /#\[ignore\b|#\[cfg\(any\(\)\)\]|#\[cfg\(all\(test,/,
  imports: /^\s*(?:pub\s+)?use\s/,
  comment: "//",
};

const JAVA: TestLanguage = {
  extensions: [".java", ".kt", ".kts", ".scala", ".groovy", ".cs", ".swift"],
  test: /@(?:Parameterized|Repeated)?Test\b()|\[(?:Test|Fact|Theory|TestMethod)\b()|\bfunc\s+(test\w+)\s*\(/,
  assertion: /\b(?:assert\w*|verify\w*|expect\w*|fail)\s*\(|\bAssert\.\w+\s*\(|\bXCT\w+\s*\(|\.should\w*\b/,
  skip: /@(?:Disabled|Ignore)\w*|\bassum(?:e|ing)\w*\s*\(|\bXCTSkip\b|\[Ignore\b|\bSkip\s*=/,
  imports: /^\s*(?:import|using|package)\s/,
  comment: "//",
};

/** Everything else: Ruby, PHP, shell, C and whatever comes, by the words that tests share. */
const ANY_LANGUAGE: TestLanguage = {
  extensions: [],
  test: /\b(?:it|test|specify|scenario|TEST|TEST_F|TEST_CASE|@test)\s*[( ]\s*(?:"([^"]*)"|'([^']*)'|(\w+\s*,\s*\w+))|\bfunction\s+(test\w+)|\bdef\s+(test_\w+)/,
  assertion:
    /\b(?:assert|expect|should|must|require|refute|EXPECT|ASSERT|CHECK|REQUIRE)\w*\b|\bgrep\s+-\w*q|\bdiff\s|\bcmp\s|^\s*(?:test\s|\[\[?\s)/,
  skip: /\b(?:skip|xit|pending|markTestSkipped|GTEST_SKIP|DISABLED_)\b/i,
  imports: /^\s*(?:require|require_relative|include|use|#include|source|\.)\s/,
  comment: "#",
};

const LANGUAGES: readonly TestLanguage[] = [JAVASCRIPT, PYTHON, GO, RUST, JAVA];

/** The language of a file by its name. */
export function languageOf(path: string): TestLanguage {
  const lower = path.toLowerCase();
  return LANGUAGES.find(({ extensions }) => extensions.some((end) => lower.endsWith(end))) ?? ANY_LANGUAGE;
}

/** Recorded answers that tests compare with. */
const FIXTURE =
  /(?:^|\/)(?:__snapshots__|__fixtures__|fixtures?|testdata|test-data|golden|goldens|snapshots|cassettes|expected|approvals)\/|\.(?:snap|golden|approved\.\w+|expected|ambr)$/i;
const TEST_FOLDER = /(?:^|\/)(?:tests?|__tests__|specs?|e2e|integration-tests?|unit-tests?|testing)\//i;
const TEST_NAME =
  /(?:[._-](?:test|tests|spec|specs|cy|e2e|it)\.[\w.]+|(?:^|\/)(?:test_[^/]*|[^/]*_test|conftest|[^/]*(?:Test|Tests|Spec|IT|TestCase))\.\w+)$/;

/** What part a file plays in the checks of a project. */
export function isFixture(path: string): boolean {
  return FIXTURE.test(path);
}

/** True for a name by which runners find tests, in the same language as another name. */
export function isFoundLike(path: string, like: string): boolean {
  return isTestFile(path) && TEST_NAME.test(path) && languageOf(path) === languageOf(like);
}

/** True for a file that runners of tests find by its name. */
export function isFoundByName(path: string): boolean {
  return isTestFile(path) && TEST_NAME.test(path) && languageOf(path) !== ANY_LANGUAGE && !/conftest/.test(path);
}

/** True for a file of tests by its name or folder; fixtures are not. */
export function isTestFile(path: string): boolean {
  return !isFixture(path) && !/\.(?:mdx?|rst|adoc)$/i.test(path) && (TEST_FOLDER.test(path) || TEST_NAME.test(path));
}

/** Files that say which checks run and how strict they are. */
const CHECK_SETTINGS =
  /(?:^|\/)(?:package\.json|deno\.jsonc?|[^/]*\.config\.\w+|\.?(?:nyc|c8|mocha|ava|eslint|oxlint|biome|stylelint|prettier|swc|babel)rc[^/]*|jest[^/]*\.json|vitest[^/]*\.\w+|karma[^/]*\.js|tsconfig[^/]*\.json|\.oxlintrc\.json|biome\.jsonc?|pytest\.ini|setup\.cfg|tox\.ini|noxfile\.py|pyproject\.toml|\.coveragerc|mypy\.ini|\.?ruff\.toml|\.?flake8|\.pylintrc|Makefile|makefile|GNUmakefile|justfile|Justfile|Taskfile\.ya?ml|Rakefile|Cargo\.toml|clippy\.toml|\.golangci\.ya?ml|build\.gradle(?:\.kts)?|pom\.xml|codecov\.ya?ml|\.codecov\.ya?ml|sonar-project\.properties|\.gitlab-ci\.yml|\.travis\.yml|azure-pipelines\.yml|Jenkinsfile)$|(?:^|\/)(?:\.github\/workflows|\.circleci)\//;

/** Programs that check, by their name; below these folders a file of such a name is part of the product. */
const CHECK_NAME =
  /(?:^|[._-])(?:check|verify|validate|tests?|spec|smoke|accept|acceptance|ci|e2e|lint|qa)(?:[._-][^/]*)?\.\w+$/i;
const PRODUCT_FOLDER = /(?:^|\/)(?:src|lib|app|pkg|internal|cmd)\//;

/** True for a script that checks the work and is no test file: `check.sh`, `scripts/verify-docs.js`. */
export function isCheckProgram(path: string): boolean {
  return CHECK_NAME.test(path.split("/").at(-1) ?? "") && !PRODUCT_FOLDER.test(path);
}

/** True for a file that says which checks run and how strict they are. */
export function isCheckSettings(path: string): boolean {
  return CHECK_SETTINGS.test(path);
}

/** Settings whose number is a floor: less of it is looser. */
export const FLOOR_KEY =
  /coverage|threshold|fail.?under|\bmin(?:imum)?|\blines\b|\bbranches\b|\bfunctions\b|\bstatements\b|\bscore\b|\btarget\b|\bperFile\b/i;

/** Settings whose number is a ceiling: more of it is looser. */
export const CEILING_KEY = /max.?warnings|\bmax\w*|tolerance|\bdelta\b|epsilon|\bretr(?:y|ies)\b|flak|\ballowed\w*/i;

/** What makes a command succeed whatever it found; it matters behind a check only. */
export const SWALLOWED = /\|\|\s*(?:true\b|:|exit\s+0|echo\b)|;\s*(?:true|exit\s+0)\b/;

/** Words of commands that check something. */
export const CHECKS =
  /test|lint|check|verif|valid|spec\b|jest|mocha|ava\b|tsc\b|mypy|ruff|flake8|pylint|clippy|\bcargo\b|\bgo\s|\b(?:npm|pnpm|yarn|bun|make|mvn|gradlew?|tox|nox|rake)\b|cover|audit|grep|diff|cmp/i;

/** Words in a setting that take the teeth out of a check, whatever stood there before. */
export const TOOTHLESS =
  /--pass-?with-?no-?tests|passWithNoTests["']?\s*[:=]\s*true|\bset\s+\+e\b|continue-on-error\s*:\s*true|allow_failure\s*:\s*true|--no-verify\b|--exit-zero\b|-{1,2}maxfail\s*=?\s*0|--deselect\b|--ignore(?:-glob)?[= ]|testPathIgnorePatterns|-k\s+["']?not\b|-DskipTests\b|-Dmaven\.test\.skip|ignoreFailures\s*=?\s*true|testFailureIgnore|isIgnoreFailures|\bskipTests>\s*true|maven\.test\.skip>\s*true|\bignore_errors\s*=\s*true|^\s*enabled\s*=\s*false/i;

/** Lines in tests that end the run as if all were well. */
export const EARLY_EXIT =
  /\bprocess\.exit\s*\(\s*0?\s*\)|\bsys\.exit\s*\(\s*0?\s*\)|\bos\._exit\s*\(\s*0\s*\)|\bos\.Exit\s*\(\s*0\s*\)|\bSystem\.exit\s*\(\s*0\s*\)|\bstd::process::exit\s*\(\s*0\s*\)|^\s*exit\s+0\s*$/;
