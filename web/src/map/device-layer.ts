import type { CustomLayerInterface, CustomRenderMethodInput } from 'maplibre-gl';
import { type DrawList, FLOATS_PER_POINT } from './draw-list';
import { FRAGMENT_SHADER, KINDS, vertexShader } from './shaders';
import { type MapTokens, rgba } from './tokens';

const FLOAT_BYTES = 4;

interface Program {
  program: WebGLProgram;
  vertices: WebGLVertexArrayObject;
}

/** All devices in one draw call. It draws when told to: never in a loop of its own. */
export class DeviceLayer implements CustomLayerInterface {
  readonly id = 'devices';
  readonly type = 'custom';
  readonly renderingMode = '2d';
  #gl: WebGL2RenderingContext | null = null;
  #programs = new Map<string, Program>();
  #buffer: WebGLBuffer | null = null;
  #list: DrawList | null = null;
  #uploaded = false;
  #colours = new Float32Array(KINDS * 4);
  #outline: [number, number, number, number] = [0, 0, 0, 1];
  #stale = false;

  setList(list: DrawList): void {
    this.#list = list;
    this.#uploaded = false;
  }

  setStale(stale: boolean): void {
    this.#stale = stale;
  }

  setTokens(tokens: MapTokens): void {
    const bin = rgba(tokens.conditions[5] ?? '', 0.5);
    const waiting = rgba(tokens.conditions[0] ?? '', 0.24);
    const inks = tokens.conditions.map((colour) => rgba(colour));
    this.#colours.set([...inks, rgba(tokens.selection), waiting, bin].flat());
    this.#outline = rgba(tokens.outline, 0.9);
  }

  onAdd(_map: unknown, gl: WebGL2RenderingContext): void {
    this.#gl = gl;
    this.#buffer = gl.createBuffer();
    this.#programs.clear();
    this.#uploaded = false;
  }

  onRemove(): void {
    for (const { program, vertices } of this.#programs.values()) {
      this.#gl?.deleteProgram(program);
      this.#gl?.deleteVertexArray(vertices);
    }
    this.#gl?.deleteBuffer(this.#buffer);
    this.#programs.clear();
  }

  render(gl: WebGL2RenderingContext, input: CustomRenderMethodInput): void {
    if (!this.#list || this.#list.count === 0 || !this.#buffer) return;
    const { program, vertices } = this.#program(gl, input.shaderData);
    gl.useProgram(program);
    gl.bindVertexArray(vertices);
    if (!this.#uploaded) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
      gl.bufferData(
        gl.ARRAY_BUFFER,
        this.#list.vertices,
        gl.DYNAMIC_DRAW,
        0,
        this.#list.count * FLOATS_PER_POINT,
      );
      this.#uploaded = true;
    }
    const at = (name: string) => gl.getUniformLocation(program, name);
    const projection = input.defaultProjectionData;
    gl.uniformMatrix4fv(at('u_projection_matrix'), false, projection.mainMatrix);
    gl.uniformMatrix4fv(at('u_projection_fallback_matrix'), false, projection.fallbackMatrix);
    gl.uniform4f(at('u_projection_tile_mercator_coords'), ...projection.tileMercatorCoords);
    gl.uniform4f(at('u_projection_clipping_plane'), ...projection.clippingPlane);
    gl.uniform1f(at('u_projection_transition'), projection.projectionTransition);
    gl.uniform1f(at('u_ratio'), devicePixelRatio);
    gl.uniform1f(at('u_fade'), this.#stale ? 1 : 0);
    gl.uniform4fv(at('u_colours'), this.#colours);
    gl.uniform4f(at('u_outline'), ...this.#outline);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.disable(gl.DEPTH_TEST);
    gl.drawArrays(gl.POINTS, 0, this.#list.count);
    gl.bindVertexArray(null);
  }

  /** The map has one shader variant for each projection. */
  #program(gl: WebGL2RenderingContext, data: CustomRenderMethodInput['shaderData']): Program {
    const known = this.#programs.get(data.variantName);
    if (known) return known;
    const program = gl.createProgram();
    const vertex = compile(gl, gl.VERTEX_SHADER, vertexShader(data.vertexShaderPrelude, data.define));
    const fragment = compile(gl, gl.FRAGMENT_SHADER, FRAGMENT_SHADER);
    gl.attachShader(program, vertex);
    gl.attachShader(program, fragment);
    gl.linkProgram(program);
    gl.deleteShader(vertex);
    gl.deleteShader(fragment);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
      throw new Error(`The shader of the device layer does not link: ${gl.getProgramInfoLog(program)}`);
    }
    const vertices = gl.createVertexArray();
    gl.bindVertexArray(vertices);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    const stride = FLOATS_PER_POINT * FLOAT_BYTES;
    for (const [name, size, offset] of [
      ['a_position', 2, 0],
      ['a_kind', 1, 2],
      ['a_size', 1, 3],
    ] as const) {
      const location = gl.getAttribLocation(program, name);
      gl.enableVertexAttribArray(location);
      gl.vertexAttribPointer(location, size, gl.FLOAT, false, stride, offset * FLOAT_BYTES);
    }
    const made = { program, vertices };
    this.#programs.set(data.variantName, made);
    return made;
  }
}

function compile(gl: WebGL2RenderingContext, type: number, source: string): WebGLShader {
  const shader = gl.createShader(type);
  if (!shader) throw new Error('The browser gives no shader');
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) {
    throw new Error(`The shader of the device layer does not compile: ${gl.getShaderInfoLog(shader)}`);
  }
  return shader;
}
