# Sourced by ./start and ./check: makes the virtual environment and installs what is pinned in requirements/.
# ARDENNE_VENV chooses its folder (default: .venv).

VENV="${ARDENNE_VENV:-.venv}"

say() { printf '%s\n' "$*"; }

find_python() {
    for name in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
        [ -n "$name" ] || continue
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2])' 2>/dev/null; then
            printf '%s' "$name"
            return
        fi
    done
    say "Ardenne needs Python 3.11 or newer; none was found. Install it, or name one: PYTHON=/path/to/python" >&2
    exit 1
}

make_environment() {
    python=$(find_python)
    say "Making the environment in $VENV with $("$python" --version)"
    if ! "$python" -m venv "$VENV" 2>/dev/null; then
        # Debian keeps the module apart from Python
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            apt-get -qq update && apt-get -qq install -y python3-venv >/dev/null
            "$python" -m venv "$VENV"
        else
            say "Python's venv module is missing: install it first (Debian: sudo apt install python3-venv)." >&2
            exit 1
        fi
    fi
}

# environment run|test: installs the set unless it is installed already
environment() {
    set="$1"
    [ -x "$VENV/bin/python" ] || make_environment
    stamp="$VENV/installed-$set"
    wanted=$(cat requirements/build.txt "requirements/$set.txt" pyproject.toml | cksum)
    if [ "$(cat "$stamp" 2>/dev/null || true)" != "$wanted" ]; then
        say "Installing (requirements/$set.txt)"
        "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
            -r requirements/build.txt -r "requirements/$set.txt"
        "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
        printf '%s' "$wanted" >"$stamp"
    fi
}
