#pragma once
// Enough of this header of Gloo to compile those of c10d.
