#!/usr/bin/env bash
# Compiles decode.c with the codecs that Cargo.lock pins to decoder.wasm, which is kept in the
# repository: whoever only serves needs no compiler. Needs cargo (it fetches the sources, crates that
# carry them) and Python 3 with pip (for the compiler, Zig's clang). The same input gives the same bytes, which
# .ci/rebuild-decoder checks.
set -euo pipefail
cd "$(dirname "$0")"
work=$PWD/.cache
mkdir -p "$work"

[[ -x $work/python/bin/python ]] || python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --require-hashes --only-binary :all: -r toolchain/requirements.txt
cargo vendor --locked --quiet "$work/vendor" >/dev/null
zig() { "$work/python/bin/python" -m ziglang "$@"; }

jpeg=$work/vendor/mozjpeg-sys/vendor
png=$work/vendor/libpng-sys/vendor
zlib=$work/vendor/libz-sys/src/zlib
webp=$work/vendor/libwebp-sys/vendor
lcms=$work/vendor/lcms2-sys/vendor
# Errors leave through JavaScript, files through memory, and nothing is written.
grep -vE 'define PNG_(SETJMP|STDIO|CONSOLE_IO|WRITE.*|SAVE.*|READ_(tEXt|zTXt|iTXt)|SIMPLIFIED.*)_SUPPORTED' "$png/scripts/pnglibconf.h.prebuilt" >"$work/pnglibconf.h"

# The arithmetic decoder says when it is behind its data, and when it reads some.
sed -e 's|data = 0; *\(/\* stuff zero data\)|data = zero_behind_data(); \1|' \
  -e 's|data = get_byte(cinfo); \(/\* read next input byte\)|data_go_on(); data = get_byte(cinfo); \1|' "$jpeg/jdarith.c" >"$work/jdarith_counted.c"
[[ $(grep -cE 'zero_behind_data\(\);|data_go_on\(\);' "$work/jdarith_counted.c") == 2 ]]

includes=(-Iconfig -I"$work" -I"$jpeg" -I"$png" -I"$zlib" -I"$webp" -I"$webp/src" -I"$lcms/include")
defines=(-DNDEBUG -DCMS_NO_PTHREADS -DCMS_NO_REGISTER_KEYWORD)
flags=(-target wasm32-wasi -mcpu=generic+simd128+bulk_memory+nontrapping_fptoint+sign_ext -ffunction-sections -fdata-sections
  -fno-sanitize=all -w -g0 "${includes[@]}" "${defines[@]}")

sources=()
for name in jaricom jcomapi jdapimin jdapistd jdatasrc jdcolor jddctmgr jdicc jdinput jdmainct jdmarker \
  jdmaster jdmerge jdpostct jdsample jerror jidctflt jidctfst jidctint jidctred jmemmgr jmemnobs jquant1 jquant2 jutils; do
  sources+=("$jpeg/$name.c")
done
for name in png pngerror pngget pngmem pngread pngrio pngrtran pngrutil pngset pngtrans; do sources+=("$png/$name.c"); done
for name in adler32 crc32 inffast inflate inftrees zutil; do sources+=("$zlib/$name.c"); done
sources+=("$webp"/src/dec/*.c "$webp"/src/demux/demux.c "$webp"/src/utils/{bit_reader,color_cache,filters,huffman,random,rescaler}_utils.c "$webp"/src/utils/{quant_levels_dec,thread}_utils.c "$webp"/src/utils/utils.c)
for file in "$webp"/src/dsp/*.c; do
  [[ $file =~ _(sse2|sse41|avx2|neon|msa|mips32|mips_dsp_r2)\.c$|/(enc|cost|lossless_enc|ssim) ]] || sources+=("$file")
done
sources+=("$lcms"/src/*.c)

mkdir -p "$work/objects"
objects=()
for source in decode.c jdarith_wasm.c jdcoefct_wasm.c jdhuff_wasm.c jdphuff_wasm.c jsimd_wasm.c webp_wasm.c "${sources[@]}"; do
  object=$work/objects/$(basename "$(dirname "$source")")-$(basename "$source" .c).o
  # Speed where every pixel passes; size elsewhere.
  level=-O3
  [[ $source == "$lcms"/* && ! $source =~ cms(opt|intrp|pack|xform)\.c ]] && level=-Os
  extra=()
  # 64 bits of the stream at a time: libjpeg asks the pointer's size, which here is not the register's.
  [[ $source =~ (^|/)jd.*huff ]] && extra=(-D__x86_64__ -D__ILP32__)
  # Where pictures are decoded whole, the check of their data is called.
  [[ $source == */src/dec/webp_dec.c ]] && extra=(-DVP8Decode=vp8_decode_all -DVP8LDecodeImage=vp8l_decode_all)
  zig cc "${flags[@]}" "${extra[@]}" $level -c "$source" -o "$object"
  objects+=("$object")
done
zig cc -target wasm32-wasi -mexec-model=reactor -nostartfiles -Wl,--no-entry -Wl,--gc-sections -Wl,--strip-all -Wl,--import-memory -Wl,-z,stack-size=262144 \
  "${objects[@]}" -o decoder.wasm
sha256sum decoder.wasm
