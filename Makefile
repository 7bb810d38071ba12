# 邻里 Linli. `make help` lists what there is.

PYTHON ?= python3
PORT ?= 8000
BIN = .venv/bin
SETUP = "$(PYTHON)" platform/dev/setup.py
# A file stays in one process; tests/conftest.py says which begin first.
TWO_PROCESSES = -n 2 --dist loadfile --no-loadscope-reorder
BY_DAY = -m "not nightly"
# Kept even where the shell says otherwise: without it each start of linli compiles some seven hundred modules.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL = help
.PHONY: help setup demo test thorough nightly mutants asvs check bench browser lighthouse compat screenshots docs changelog requirements lock i18n format

help: ## 列出所有命令 List the commands
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## 准备 .venv（重复运行很快）Make .venv ready; quick when nothing changed
	@$(SETUP) dev

demo: ## 启动演示：PORT=8000，LINLI_DATA_DIR=…，RESET=1 重新开始 Run the demo; RESET=1 starts afresh
	@$(SETUP) demo && exec $(BIN)/linli demo --port "$(PORT)" $(if $(filter-out 0,$(RESET)),--reset)

test: ## 运行测试，ARGS 传给 pytest Run the tests, but for the longest ones; ARGS goes to pytest
	@$(SETUP) dev && $(BIN)/python -m pytest $(TWO_PROCESSES) $(ARGS)

thorough: ## 同上，加上浏览器、演示和逐个地址的攻击 The same, with browsers, demos and attacks on each address
	@$(SETUP) dev && $(BIN)/python -m pytest $(TWO_PROCESSES) $(BY_DAY) $(ARGS)

nightly: ## 运行较慢的测试：新手、大名册、模糊测试、测速 Run what is too slow for every change
	@$(SETUP) dev && $(BIN)/python -m pytest -n 0 -m nightly $(ARGS)

mutants: ## 逐一撤掉防线，攻击必须发现 Take each defence away once; an attack has to notice
	@$(SETUP) dev && $(BIN)/python -m pytest -n 0 -m "mutants" tests plugins $(ARGS)

asvs: ## 运行证明 ASVS 5.0 各条要求的测试 Run the tests that prove requirements of ASVS 5.0
	@$(SETUP) dev && $(BIN)/python -m pytest $(TWO_PROCESSES) $(BY_DAY) --asvs $(ARGS)

check: ## 检查格式、类型、楼层、模板和锁定文件 Everything but the tests
	@$(SETUP) dev && $(BIN)/python platform/dev/check.py

bench: ## 测量速度 Measure the speed
	@$(SETUP) dev && $(BIN)/python -m pytest -n 0 -m "nightly or not nightly" tests/bench $(ARGS)

browser: ## 用真实浏览器运行测试 Run the tests that need a real browser
	@$(SETUP) dev && $(BIN)/python -m pytest -n 0 $(BY_DAY) tests/browser $(ARGS)

lighthouse: ## 用 Lighthouse 评价居民首页，每夜一次 Judge the residents' first page with Lighthouse, each night
	@$(SETUP) dev && $(BIN)/python platform/dev/lighthouse.py $(ARGS)

compat: ## 用今天和上个 SDK 的插件试今天和当时的内核 Try plugins of today and of the last SDK on both cores
	@$(SETUP) dev && $(BIN)/python platform/dev/compat.py

screenshots: ## 给主要页面拍图，放进 docs/ Take pictures of the main pages for docs/
	@$(SETUP) dev && $(BIN)/python platform/dev/screenshots.py

docs: ## 生成参考手册 Write the reference pages from the code
	@$(SETUP) dev && $(BIN)/python platform/dev/docs.py

changelog: ## 显示未发布的变更，RELEASE=1.0 写入并清空 Show what has changed; RELEASE=1.0 writes it down
	@$(SETUP) dev && RELEASE="$(RELEASE)" $(BIN)/python platform/dev/changelog.py

requirements: ## 统计已证明的需求 Count the requirements that tests prove
	@$(SETUP) dev && $(BIN)/python -m pytest $(BY_DAY) --requirements -q $(ARGS)

lock: ## 重新锁定依赖，UPGRADE=1 取最新 Pin the packages anew; UPGRADE=1 takes the newest
	@$(SETUP) dev && UPGRADE="$(UPGRADE)" $(BIN)/python platform/dev/lock.py

i18n: ## 提取并核对译文 Extract and check translations
	@$(SETUP) dev && $(BIN)/python platform/dev/i18n.py

format: ## 整理代码格式 Format the code
	@$(SETUP) dev && $(BIN)/ruff check --fix-only --quiet . && $(BIN)/ruff format .
