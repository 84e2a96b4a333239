# Sourced by ./test: what is not a .NET test. Adds to $passed and $failed.

# count_tap NAME LOG: adds the counts that Node's test runner prints
count_tap() {
  local ok bad
  ok=$(grep -aoE '^# pass [0-9]+' "$2" | tail -n 1 | grep -oE '[0-9]+' || echo 0)
  bad=$(grep -aoE '^# fail [0-9]+' "$2" | tail -n 1 | grep -oE '[0-9]+' || echo 1)
  passed=$((passed + ok)) failed=$((failed + bad))
  echo "  $ok of $((ok + bad)) passed"
  [ "$bad" -eq 0 ] || grep -aE '^not ok|error:|expected|actual' "$2" | head -n 40 || true
}

if [ -d tests/browser ]; then
  echo "Testing in the browser"
  need_debian chromium
  need_npm
  [ -d node_modules/playwright-core ] || npm ci --no-audit --no-fund --loglevel=error >/dev/null
  node --test --test-reporter=tap tests/browser/*.test.mjs >"$results/browser.log" 2>&1 || true
  count_tap browser "$results/browser.log"
fi

if command -v docker-compose >/dev/null; then
  echo "Checking docker-compose.yml"
  if docker-compose -f docker-compose.yml config >"$results/compose.log" 2>&1; then passed=$((passed + 1)); else
    failed=$((failed + 1)); tail -n 5 "$results/compose.log"
  fi
fi
