# `make report` measures this machine and writes a report; `make test` runs the tests. `make help` lists the rest.
# Every target that builds first installs what is missing (as root) or prints the line that does.

SWIFT ?= swift
# A Python environment that .ci/conformance-venv has made; without one `make conformance` makes its own.
VENV ?=
# Where `make report` and `make quick` write.
REPORT ?= report
# SwiftPM's folder; the builds with flags of their own lie beside it, so that none throws away another's work.
BUILD ?= .build

# The folder of the Swift toolchain's own clang, llvm-cov, llvm-objdump: profiles and objects need the compiler's own versions.
TOOLCHAIN = $(shell $(SWIFT)c -print-target-info | sed -n 's|.*"runtimeResourcePath": "\(.*\)/lib/swift".*|\1/bin|p')
HEADROOM = $$($(SWIFT) build -c release --scratch-path $(BUILD) --show-bin-path)/headroom

# Where `make install` puts the C library; DESTDIR is put before all of them.
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include

# A major version below 1 promises nothing, but it is the one that the library's name carries.
VERSION = $(shell sed -n 's/^.define HR_VERSION "\(.*\)"/\1/p' Sources/CHeadroom/headroom.h)
SONAME = libheadroom.so.$(firstword $(subst ., ,$(VERSION)))
LIBRARY_FLAGS = -c release --scratch-path $(BUILD)-c --product HeadroomC -Xswiftc -static-stdlib --disable-local-rpath \
  -Xlinker -soname=$(SONAME) -Xlinker --version-script=$(CURDIR)/Packaging/exports.map
LIBRARY = $$($(SWIFT) build $(LIBRARY_FLAGS) --show-bin-path)/libHeadroomC.so

C_FOLDERS = CKernels Sources/CHeadroom Bench/Peers Bench/CeilingKernels Bench/Rungs/C Tests/AllocationCounter Examples/c
SWIFT_FILES = Package.swift Sources Bench Tests
C_FILES = $$(find $(C_FOLDERS) -name '*.c' -o -name '*.h')

# Tests see what is public or of the package, so that they are linked with the very objects of the tool.
TEST_FLAGS = -c release --disable-testable-imports
# What depends on the instruction set, and on memory.
KERNEL_TESTS = ^(CKernelsTests|KernelDispatchTests|HeadroomTests|HeadroomCTests)\.
COVERAGE_FLAGS = --enable-code-coverage -Xcc -fprofile-instr-generate -Xcc -fcoverage-mapping
# The compiler driver of Swift knows no undefined-behaviour sanitizer on Linux: the C compiler and the linker are told themselves.
# Optimised less, since with every access checked the compiler takes minutes for the kernels.
SANITIZER_FLAGS = --sanitize=address -Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=all \
  -Xswiftc -Xclang-linker -Xswiftc -fsanitize=undefined -Xcc -O1

.PHONY: help deps build library install peer-plugin report quick test test-capped sanitize format format-check cross emulate kernels docs link-test conformance clean
.DEFAULT_GOAL := build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 14

deps: ## install what is missing (as root), or print the line that does
	@.ci/deps

build: deps ## the command-line tool, optimised
	$(SWIFT) build -c release --scratch-path $(BUILD) --product headroom

library: deps ## the shared library for C, without a need for Swift's runtime
	$(SWIFT) build $(LIBRARY_FLAGS)

install: library ## install library, header and pkg-config file below $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR)
	install -m 755 $(LIBRARY) $(DESTDIR)$(LIBDIR)/libheadroom.so.$(VERSION)
	ln -sf libheadroom.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libheadroom.so
	install -m 644 Sources/CHeadroom/headroom.h $(DESTDIR)$(INCLUDEDIR)
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@VERSION@|$(VERSION)|' \
	  Packaging/headroom.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/headroom.pc

peer-plugin: library ## a contestant for harnesses that speak Bench/Peers/peer_abi.h; prints where it lies
	ln -sf libHeadroomC.so $$(dirname $(LIBRARY))/$(SONAME)
	$(TOOLCHAIN)/clang -O2 -Wall -Wextra -Werror -shared -fPIC -ISources/CHeadroom -IBench/Peers Bench/Peers/gemm.c Bench/Peers/conv.c \
	  -o $$(dirname $(LIBRARY))/headroom-peer.so $(LIBRARY) -Wl,-rpath,'$$ORIGIN'
	@echo $$(dirname $(LIBRARY))/headroom-peer.so

report: build ## measure this machine, write the report to $(REPORT)/
	$(HEADROOM) report --out $(REPORT)

quick: build ## the same in a minute, with fewer shapes
	$(HEADROOM) report --quick --out $(REPORT)

test: deps ## every test; the C library as a C program sees it
	$(SWIFT) test $(TEST_FLAGS) --scratch-path $(BUILD)
	.ci/check-c $$($(SWIFT) build -c release --scratch-path $(BUILD) --show-bin-path)/headroom

test-capped: deps ## the kernels' tests and the C library, as if the CPU had SSE2 and nothing above
	HEADROOM_MAX_ISA=sse2 $(SWIFT) test $(TEST_FLAGS) --scratch-path $(BUILD) --filter '$(KERNEL_TESTS)'
	HEADROOM_MAX_ISA=sse2 .ci/check-c $$($(SWIFT) build -c release --scratch-path $(BUILD) --show-bin-path)/headroom

# One build for both: what the sanitizers see is what the coverage counts.
sanitize: export HEADROOM_LIBRARY_ONLY = 1
sanitize: deps ## the kernels' tests under the address and undefined-behaviour sanitizers; fails if they cover less than 90 % of all lines
	LSAN_OPTIONS=suppressions=$(CURDIR)/.ci/lsan.supp \
	  $(SWIFT) test $(TEST_FLAGS) --scratch-path $(BUILD)-sanitize $(SANITIZER_FLAGS) $(COVERAGE_FLAGS) --filter '$(KERNEL_TESTS)'
	.ci/check-coverage --llvm-cov $(TOOLCHAIN)/llvm-cov --minimum 90 \
	  $$($(SWIFT) build -c release --scratch-path $(BUILD)-sanitize --show-bin-path) CKernels Sources

format: deps ## rewrite the sources in the project's style
	$(SWIFT) format --in-place --parallel --recursive $(SWIFT_FILES)
	clang-format -i $(C_FILES)

format-check: deps ## fail where `make format` would change something
	$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_FILES)
	clang-format --dry-run --Werror $(C_FILES)

cross: deps ## compile every C file for arm64
	.ci/cross $(TOOLCHAIN)

emulate: build ## run on emulated old CPUs, where an instruction above the cap dies
	.ci/emulate $(HEADROOM)

kernels: build ## read the machine code of the micro-kernels
	.ci/check-kernels --objdump $(TOOLCHAIN)/llvm-objdump --nm $(TOOLCHAIN)/llvm-nm \
	  $$($(SWIFT) build -c release --scratch-path $(BUILD) --show-bin-path)

docs: build ## build the DocC catalogue; a warning fails
	.ci/docs $(TOOLCHAIN) $$($(SWIFT) build -c release --scratch-path $(BUILD) --show-bin-path)

conformance: library ## convolutions against ONNX's cases and PyTorch, which it installs for that
	.ci/conformance $(LIBRARY) $(VENV)

link-test: build ## a package that depends on a tagged version of this one builds, fetches nothing, multiplies
	.ci/link-test $(HEADROOM)

clean: ## remove what was built; reports stay
	rm -rf $(BUILD) $(BUILD)-sanitize $(BUILD)-c
