/** What a point is drawn as. 0 to 5 are the conditions, worst first. */
export const KIND = { silent: 4, normal: 5, selection: 6, waiting: 7, bin: 8 } as const;
export const KINDS = 9;

/** `prelude` and `define` come from the map and bring `projectTile`, so that the layer follows any projection. */
export function vertexShader(prelude: string, define: string): string {
  return `#version 300 es
${prelude}
${define}
in vec2 a_position;
in float a_kind;
in float a_size;
uniform float u_ratio;
flat out int v_kind;
out float v_size;
void main() {
  gl_Position = projectTile(a_position);
  v_kind = int(a_kind);
  v_size = a_size * u_ratio;
  gl_PointSize = v_size;
}`;
}

/**
 * Signed distances to the shapes: negative inside. The shape tells the condition as surely as its colour:
 * diamond, triangle, square, ring, hollow dot, dot.
 */
export const FRAGMENT_SHADER = `#version 300 es
precision mediump float;
flat in int v_kind;
in float v_size;
uniform vec4 u_colours[${KINDS}];
uniform vec4 u_outline;
uniform float u_fade;
out vec4 colour;

float shape(vec2 p) {
  float radius = length(p);
  if (v_kind == 0) return (abs(p.x) + abs(p.y) - 0.84) * 0.7071;
  if (v_kind == 1) {
    vec2 q = vec2(abs(p.x), 0.2 - p.y);
    return max(q.x * 0.866 + q.y * 0.5, -q.y) - 0.44;
  }
  if (v_kind == 2) return max(abs(p.x), abs(p.y)) - 0.6;
  if (v_kind == 3) return abs(radius - 0.56) - 0.17;
  if (v_kind == ${KIND.silent}) return abs(radius - 0.56) - 0.14;
  if (v_kind == ${KIND.selection}) return abs(radius - 0.86) - 0.06;
  if (v_kind == ${KIND.bin}) return radius - 0.9;
  if (v_kind == ${KIND.waiting}) return radius - 0.95;
  return radius - 0.62;
}

void main() {
  vec2 p = gl_PointCoord * 2.0 - 1.0;
  float pixel = 2.0 / v_size;
  float distance = shape(p);
  float fill = 1.0 - smoothstep(-pixel * 0.6, pixel * 0.6, distance);
  bool outlined = v_kind <= ${KIND.normal};
  float reach = outlined ? pixel * 1.6 : 0.0;
  float cover = 1.0 - smoothstep(reach - pixel * 0.6, reach + pixel * 0.6, distance);
  vec4 ink = u_colours[v_kind];
  float alpha = mix(outlined ? u_outline.a : 0.0, ink.a, fill) * cover;
  vec3 rgb = outlined ? mix(u_outline.rgb, ink.rgb, fill) : ink.rgb;
  float grey = dot(rgb, vec3(0.3, 0.59, 0.11));
  rgb = mix(rgb, vec3(grey), u_fade);
  alpha *= mix(1.0, 0.55, u_fade);
  if (alpha < 0.01) discard;
  colour = vec4(rgb * alpha, alpha);
}`;
