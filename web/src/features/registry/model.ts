import type { Model, NewModel } from '../../api/types';

/** What somebody has typed. */
export interface ModelForm {
  name: string;
  manufacturer: string;
  class: Model['class'];
  protocols: string;
  sensors: string;
  bands: string;
  battery_chemistry: string;
  battery_mah: string;
  approval: string;
}

/** The model as it is sent; whether its words are right, the server says. */
export function modelOf(form: ModelForm): NewModel {
  const mah = form.battery_mah.trim();
  return {
    class: form.class,
    manufacturer: form.manufacturer.trim(),
    protocols: list(form.protocols) as NewModel['protocols'] & string[],
    sensors: list(form.sensors),
    bands: list(form.bands),
    battery_chemistry: form.battery_chemistry.trim(),
    battery_mah: mah === '' ? null : Number(mah),
    approval: form.approval.trim(),
  };
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
