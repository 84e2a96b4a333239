# Sourced by ./test: what is not a .NET test. begin_browser leaves the browser's tests running, which a core is enough for; end_browser
# and other_checks add to $passed and $failed.

# count_tap NAME LOG: adds the counts that Node's test runner prints
count_tap() {
  local ok bad canceled
  ok=$(grep -aoE '^# pass [0-9]+' "$2" | tail -n 1 | grep -oE '[0-9]+' || echo 0)
  bad=$(grep -aoE '^# fail [0-9]+' "$2" | tail -n 1 | grep -oE '[0-9]+' || echo 1)
  # what was never run because its suite could not begin has not passed
  canceled=$(grep -aoE '^# cancelled [0-9]+' "$2" | tail -n 1 | grep -oE '[0-9]+' || echo 0)
  bad=$((bad + canceled))
  passed=$((passed + ok)) failed=$((failed + bad))
  echo "  $ok of $((ok + bad)) passed"
  [ "$bad" -eq 0 ] || failures_tap "$2"
}

# failures_tap LOG: of each subtest that failed by itself its name, file and line, and what was expected and found
failures_tap() {
  awk '
    function told() {
      if (name != "" && own) { print "  FAILED " name; printf "%s", block }
      name = ""
    }
    match($0, /^ *not ok [0-9]+ - /) { told(); name = substr($0, RSTART + RLENGTH); block = ""; own = 1; lines = 0; trace = 0; next }
    name == "" { next }
    /^ *\.\.\.$/ { told(); next }
    /^ *failureType: .(subtestsFailed|cancelledByParent)/ { own = 0 }
    /^ *(---|duration_ms:.*|type: .*|failureType: .*|code: .*|name: .*|operator: .*)$/ { next }
    /^ *stack: / { trace = 1; next }
    trace && !/tests\/browser/ { next }
    ++lines <= 40 { block = block "    " substr($0, 1, 300) "\n" }
    END { told() }' "$1" | head -n 200
}

begin_browser() {
  need_debian chromium
  need_npm
  [ -d node_modules/playwright-core ] || npm ci --no-audit --no-fund --loglevel=error >/dev/null
  node --test --test-reporter=tap tests/browser/*.test.mjs >"$results/browser.log" 2>&1 &
  browser=$!
  trap 'kill "$browser" 2>/dev/null || true' EXIT
}

end_browser() {
  echo "Testing in the browser"
  wait "$browser" || true
  trap - EXIT
  count_tap browser "$results/browser.log"
}

other_checks() {
  if [ "$TORCH" = system ]; then
    echo "Testing the native library"
    native=artifacts/obj/TorchSharp/native
    if g++ -std=c++20 -O1 -Wall -Wextra -Werror tests/native/abi_tests.cpp -o "$results/abi_tests" -L"$native" -l:libtorchdispatch.so \
        -Wl,-rpath,"$PWD/$native" -pthread >"$results/native.log" 2>&1; then
      "$results/abi_tests" >"$results/native.log" 2>&1 || true
    fi
    # a line at the end, or the program died or was not compiled
    ok=$(sed -nE 's/^([0-9]+) passed, [0-9]+ failed$/\1/p' "$results/native.log")
    bad=$(sed -nE 's/^[0-9]+ passed, ([0-9]+) failed$/\1/p' "$results/native.log")
    passed=$((passed + ${ok:-0})) failed=$((failed + ${bad:-1}))
    echo "  ${ok:-0} of $((${ok:-0} + ${bad:-1})) passed"
    [ "${bad:-1}" -eq 0 ] || head -n 40 "$results/native.log"
  fi

  if command -v docker-compose >/dev/null; then
    echo "Checking docker-compose.yml"
    if docker-compose -f docker-compose.yml config >"$results/compose.log" 2>&1; then passed=$((passed + 1)); else
      failed=$((failed + 1)); tail -n 5 "$results/compose.log"
    fi
  fi
}
