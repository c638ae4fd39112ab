"""What a case has and its BPX file has not, in sentences."""

NEAR = 0.01  # of the lithiation: a case that begins so near to its material's charged end begins charged


def left_out(case):
    """Return a sentence on each thing that a case of a homogenised electrode has and BPX cannot say: films,
    double layers; and one where the file's charged state, the case's own start, is not the material's.

    case: Case of a slab.
    """
    film = getattr(case.cell.counter_electrode, "film", None)
    notes = [*_film(case.cell.film, "electrode"), *_film(film, "counter electrode")]
    if case.cell.double_layer:
        notes.append(
            f"BPX has no double layer: the {case.cell.double_layer:g} F/m2 of the case are not in the file."
        )
    return [*notes, *_charged(case)]


def _film(film, name):
    """Say what the film of an electrode is that the file leaves out."""
    if film is None or film.model == "none":
        return []
    thickness = getattr(film, "thickness", None)
    known = (
        ""
        if thickness is None
        else f" ({1e9 * thickness:.4g} nm, {thickness / film.conductivity:.4g} ohm m2)"
    )
    grows = " and its growth are" if film.growth else " is"
    return [f"BPX has no films: that on the {name}{known}{grows} not in the file, whose cell resists less."]


def _charged(case):
    """Say where a file that calls the case's start charged begins within the material's window."""
    active = case.load_materials()[case.volume.slab.phase].active
    sto = case.cell.initial_sto
    if abs(sto - active.sto_100) <= NEAR:
        return []
    said = f"its window begins at a lithiation of {sto:.4g}, that of {active.name} at {active.sto_100:.4g}"
    return [f"The file's charged state is the case's start: {said}."]
