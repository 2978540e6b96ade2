# The commands a person types. Everything they need is set up in .venv first.
PYTHON ?= python3
VENV ?= .venv
EVENT ?= events/direct/prefix.json
FOR ?= 3.10
BUILD ?= build

# What reaches a real bucket counts only if it was typed, not if the environment happens to say it.
said = $(if $(filter command,$(firstword $(origin $(1)))),$($(1)))

READY := $(VENV)/ready
PEERS ?= .venv-bench
# This pip reads the package index in less than half the time of those that come with Python.
PIP := pip==26.3
INSTALL := $(VENV)/bin/pip install --quiet --disable-pip-version-check --no-compile
WITH := PYTHONPATH=src:tests $(VENV)/bin/

# A third of the tests' time is waiting, for processes and for time limits: two cores carry three.
WORKERS ?= $(shell $(PYTHON) -c "import os; print(max(2, (os.cpu_count() or 1) * 3 // 2))")
RUNS ?= 1000
SEED ?= 1

.PHONY: help run test check chaos bench package deploy invoke schema clean needs-serverless needs-runtime

help:  ## Show these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s%s\n", $$1, $$2}' Makefile

$(READY): requirements.txt tests/requirements.txt
	@echo "Setting up $(VENV) with $$($(PYTHON) --version): about a minute, once."
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) $(PIP)
	@$(INSTALL) -r tests/requirements.txt
	@touch $@

run: $(READY)  ## Delete from a local OSS, to see it work: make run EVENT=events/direct/directory.json
	@$(WITH)python -m localcloud.demo $(EVENT) --page $(BUILD)/plan.html \
		$(if $(call said,TIMEOUT),--timeout $(TIMEOUT)) \
		$(if $(call said,REAL_BUCKET),--real-bucket $(REAL_BUCKET)) \
		$(if $(filter yes,$(call said,DELETE)),--delete)

test: $(READY)  ## Run all tests; another Python: make test PYTHON=python3.12 VENV=.venv-3.12
	@$(VENV)/bin/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: $(READY)  ## Run the linter, the formatter's check and the type checker
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/mypy

chaos: $(READY)  ## Let everything go wrong, by seeds: make chaos RUNS=5000 SEED=1
	@$(WITH)python -m chaos --runs $(RUNS) --seed $(SEED) $(ARGS)

# The other deleters stand in a venv of their own. One that cannot be had is missing in the table.
$(PEERS)/ready: tests/bench/requirements.txt
	@echo "Setting up $(PEERS): about a minute, once."
	@$(PYTHON) -m venv $(PEERS)
	@all=yes; for each in $$(grep -oE '^[a-z0-9-]+==[^ ]+' $<); do \
		$(PEERS)/bin/pip install --quiet --disable-pip-version-check $$each || all=no; done; \
		if [ $$all = yes ]; then touch $@; fi

bench: $(READY) $(PEERS)/ready  ## Measure it beside other deleters: make bench ARGS="A B" WRITE=tests/bench/README.md
	@PYTHONPATH=tests $(VENV)/bin/python -m bench --peers $(PEERS) $(ARGS) $(if $(WRITE),--write $(WRITE))

# Function Compute runs python3.10 on Debian 10 (glibc 2.28) and python3.12 on Debian 11 (2.31).
PLATFORMS := manylinux2014_x86_64 manylinux_2_28_x86_64 linux_x86_64
TARGET ?= python$(FOR)

# What no way of ossweep leads to: tests, web frameworks and parts for other clouds' services, all
# public keys but those that oss2 imports, the models of an older pydantic, and a compiler's front
# end, which what is compiled already does without (cryptography takes _cffi_backend alone, and
# Crypto is content with ctypes).
UNUSED := Crypto/SelfTest Crypto/IO Crypto/Protocol \
	$(addprefix Crypto/PublicKey/,DSA.py ECC.py ElGamal.py Hybrid.py ML*.py _curve* _ec_* _ed* \
	_ml* _montgomery.py _nist_ecc.py _openssh.py _point.py) \
	crcmod/test.py cffi pycparser multidict/_testcapi* pydantic/v1 pydantic/mypy.py \
	urllib3/contrib/emscripten \
	$(addprefix aiohttp/,web.py web_*.py pytest_plugin.py test_utils.py) \
	aws_lambda_powertools/event_handler \
	$(addprefix aws_lambda_powertools/utilities/,auth_alpha batch circuit_breaker data_classes \
	data_masking feature_flags idempotency kafka parameters streaming validation)
# Sources of what is compiled, and types: nobody reads them there.
UNREAD := pyi pyx pxd pxi h c rst hash

# The pip that this Python has, whatever it is told for other work; a Python without one is lent one.
HAS_PIP = $(shell $(TARGET) -c 'import pip; print("yes")' 2>/dev/null)
PACK = PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 $(if $(HAS_PIP),$(TARGET),$(BUILD)/.tools/bin/python) -m pip

package:  ## Build what is deployed, in build/: make package FOR=3.12 for the other runtime
	@$(TARGET) -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "$(FOR)")' || \
		{ echo "Building for $(FOR) takes Python $(FOR): say where it is with TARGET=..."; exit 1; }
	@rm -rf $(BUILD)
	@$(if $(HAS_PIP),,$(TARGET) -m venv $(BUILD)/.tools)
	@# These are published as sources only.
	@$(PACK) wheel --quiet --disable-pip-version-check --no-deps --use-pep517 \
		--wheel-dir $(BUILD)/.wheels \
		$$(grep -E '^(oss2|crcmod|aliyun-fc2|alibabacloud-tea)==' requirements.txt | cut -d' ' -f1)
	@$(PACK) install --quiet --disable-pip-version-check --no-deps --no-compile \
		--only-binary=:all: $(addprefix --platform ,$(PLATFORMS)) --python-version $(FOR) \
		--find-links $(BUILD)/.wheels --target $(BUILD) -r requirements.txt
	@cp -R src/. $(BUILD)
	@rm $(BUILD)/README.md
	@# crcmod's compiled half was built for this machine; its Python half does the same, slower, and
	@# ossweep sends nothing that needs a checksum.
	@rm -rf $(BUILD)/.tools $(BUILD)/.wheels $(BUILD)/bin $(BUILD)/crcmod/_crcfunext*.so \
		$(addprefix $(BUILD)/,$(UNUSED))
	@find $(BUILD) -type f \( -name py.typed $(patsubst %,-o -name '*.%',$(UNREAD)) \) -delete
	@find $(BUILD) \( -name __pycache__ -o -name tests -o -name test \) -prune -exec rm -rf {} +
	@# The code directory is read-only and its files' times change on the way there.
	@$(TARGET) -m compileall -q --invalidation-mode unchecked-hash -s $(BUILD) -p /code $(BUILD)
	@echo "$(BUILD): $$(du -sm $(BUILD) | cut -f1) MB for python$(FOR)"

# What these two call is as Serverless Devs 3 documents it. It takes an account: no test does it.
SERVERLESS ?= s

deploy: needs-serverless needs-runtime package  ## Package and deploy as template.yml says
	@$(SERVERLESS) deploy -t template.yml $(ARGS)

invoke: needs-serverless  ## Call the deployed function: make invoke EVENT=events/direct/dry-run.json
	@$(if $(filter file,$(origin EVENT)),echo \
		"Say what to send: make invoke EVENT=events/direct/dry-run.json"; exit 1)
	@$(SERVERLESS) invoke -t template.yml --event-file $(EVENT)

needs-serverless:
	@command -v $(firstword $(SERVERLESS)) >/dev/null || { \
		echo "This takes Serverless Devs 3, whose command s is not here:" \
		"npm install -g @serverless-devs/s, then s config add."; exit 1; }

needs-runtime:
	@grep -qE '^ +runtime: python$(FOR)( |$$)' template.yml || { echo "template.yml's runtime is not" \
		"python$(FOR): write it there, or say for which Python to build with FOR=..."; exit 1; }

schema: $(READY)  ## Write the request's JSON Schema anew, after a change of src/ossweep/request_form.py
	@PYTHONPATH=src $(VENV)/bin/python -c 'import json; from ossweep.request import schema; \
		print(json.dumps(schema(), indent=2))' > .schema && mv .schema src/ossweep/request.schema.json

clean:  ## Remove what these commands have made
	rm -rf .venv .venv-* $(BUILD) .mypy_cache .pytest_cache .ruff_cache .hypothesis
