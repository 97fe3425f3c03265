// Chooses the zone this browser is in, where the reader has not chosen one yet.
const field = document.querySelector("select[data-zone]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (field && field.value === field.dataset.zone && [...field.options].some((option) => option.value === here)) {
  field.value = here;
}
