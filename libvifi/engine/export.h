#pragma once

/// Marks what libvifi-train and the tests link from the engine; everything else is hidden.
#define VIFI_ENGINE_API __attribute__((visibility("default")))
