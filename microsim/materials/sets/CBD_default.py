"""Carbon-binder domain: microporous, conducts ions in its pores and electrons in its carbon."""

from .. import Conductor

material = Conductor(
    name="CBD_default",
    sigma=760.0,
    porosity=0.47,
    bruggeman=1.5,
    reactive_share=0.47,
    sources={
        "sigma": "mid of the range used in mesoscale models (10 to 1100 S m-1); recalled, not re-read",
        "porosity": "nano-porosity 0.47: Zielke et al. (2015), Daemi et al. (2018); recalled, not re-read",
        "bruggeman": "customary 1.5",
        "reactive_share": "the porosity: share of the contact that is electrolyte",
    },
)
