#pragma once

#include "support/doctest_texts.hpp"
#include "testkit/test_pipeline.hpp"
