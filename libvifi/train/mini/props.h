#pragma once

#include "mini/brush.h"

/// Things that people hold and use. Local units: 1 = body height, y up, x forward (frontal: to the person's left).
namespace vifi::train::mini {

void draw_dumbbell(Brush& brush, Point hand, Color color);
void draw_barbell(Brush& brush, Point middle, Color color);
void draw_cup(Brush& brush, Point hand, double tilt, Color color);
void draw_book(Brush& brush, Point middle, double page, Color color);  ///< page 0..1: how far it is turned
void draw_phone(Brush& brush, Point hand);
void draw_guitar(Brush& brush, Point neck, Color color);
void draw_drum(Brush& brush, Point top, Color color);
/// @param angle  of the pole from upright, counter-clockwise. @param side  where the cloth hangs: 1 forward, -1 back
void draw_flag(Brush& brush, Point hand, double angle, double length, double side, double wave, Color color);
void draw_umbrella(Brush& brush, Point hand, double tilt, Color color, double half_width = 0.30, double height = 0.16);
void draw_balloon(Brush& brush, Point hand, Point middle, Color color);
void draw_ball(Brush& brush, Point middle, double radius, Color color);
void draw_box(Brush& brush, Point middle, double width, double height, Color color);
void draw_cart(Brush& brush, double x, double scale, Color color);
void draw_chair_front(Brush& brush, Color color);
/// Seen from the side, its front to the right. @param ground  lowest point below its middle
void draw_chair_side(Brush& brush, Point ground, double scale, Color color);
void draw_ladder(Brush& brush, Color color);
void draw_rope(Brush& brush, double sway, Color color);
void draw_bicycle(Brush& brush, double spoke, double pedal, Color color);
void draw_broom(Brush& brush, Point high, Point low, Point floor, Color color);
void draw_shovel(Brush& brush, Point high, Point low, Color color);
void draw_heap(Brush& brush, double x, Color color);
void draw_bat(Brush& brush, Point hand, double angle, Color color);     ///< angle from forward, counter-clockwise
void draw_hammer(Brush& brush, Point hand, double angle, Color color);
void draw_block(Brush& brush, double x, Color color);
void draw_bag(Brush& brush, double swing, Color color);
void draw_stairs(Brush& brush, double rise, double shift, Color color);  ///< rise 1 up, -1 down ahead

}  // namespace vifi::train::mini
