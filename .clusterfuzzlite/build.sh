#!/usr/bin/env bash
# Builds every fuzz target with its seeds and dictionary into $OUT, in the way of OSS-Fuzz. Run in the image of the
# Dockerfile beside it, or by `ci/fuzz-build`, which gives it a folder and the stable toolchain.
set -euo pipefail
# In the image this script lies outside the project.
if [ -n "${SRC:-}" ]; then cd "$SRC/rfc793"; else cd "$(dirname "$0")/.."; fi
: "${OUT:?the folder for the fuzzers}"

# The engine of OSS-Fuzz brings a nightly toolchain and its sanitizer flags; elsewhere stable without one builds as well.
options=(-O)
if [ "${SANITIZER:-none}" = none ]; then options=(-s none); fi
cargo fuzz build "${options[@]}"

built=fuzz/target/$(rustc -vV | sed -n 's/^host: //p')/release
fuzz/seeds "$OUT/seeds"
for source in fuzz/fuzz_targets/*.rs; do
    target=$(basename "$source" .rs)
    # It needs a TUN and a network namespace, which no fuzzing cluster gives.
    if [ "$target" = differential_kernel ]; then continue; fi
    cp "$built/$target" "$OUT/"
    if [ -d "$OUT/seeds/$target" ]; then (cd "$OUT/seeds/$target" && zip --quiet --recurse-paths - .) >"$OUT/${target}_seed_corpus.zip"; fi
    if [ -f "fuzz/dictionaries/$target.dict" ]; then cp "fuzz/dictionaries/$target.dict" "$OUT/"; fi
done
rm -rf "$OUT/seeds"
