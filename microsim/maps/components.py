"""Spectra without references: principal components, and clusters in their scores (scikit-learn)."""

from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from ..base.packages import need
from .spectra import as_rows, normalisation, normalise_spectra


@dataclass(frozen=True)
class Components:
    """Principal components and clusters of spectra.

    mean [energy]; components [component, energy]; scores [component, ...]; explained [component]: share of
    the variance; labels [...]: cluster from 0, -1 without a spectrum; centres [cluster, energy]
    """

    mean: np.ndarray
    components: np.ndarray
    scores: np.ndarray
    explained: np.ndarray
    labels: np.ndarray
    centres: np.ndarray

    def figures(self):
        """Return the explained shares and how many voxels each cluster has, as plain data."""
        sizes = [int((self.labels == k).sum()) for k in range(len(self.centres))]
        return {"explained": self.explained, "cluster_voxels": sizes}


def components(mu, *, count=3, clusters=3, seed=0):
    """Find the principal components of spectra, and clusters in their scores (k-means; scikit-learn).

    mu [energy, ...], normalised; spectra that are not finite are left out. Clusters are numbered by the first
    score of their centre. Returns Components; raises InputError where there are fewer spectra than clusters.
    """
    need("sklearn", "principal components and clusters")
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA

    rows, shape = as_rows(mu, len(mu))
    known = np.isfinite(rows).all(axis=0)
    if known.sum() <= max(count, clusters) or count > len(rows):
        raise InputError(
            f"expected more spectra than components and clusters, got {int(known.sum())} spectra of"
            f" {len(rows)} energies for {count} and {clusters}; ask for fewer."
        )
    found = PCA(n_components=count, svd_solver="full" if len(rows) < 500 else "auto", random_state=seed)
    scores = found.fit_transform(rows[:, known].T)
    groups = KMeans(n_clusters=clusters, n_init=4, random_state=seed).fit(scores)
    order = np.argsort(groups.cluster_centers_[:, 0])
    labels, placed = np.full(known.size, -1, np.int32), np.full((count, known.size), np.nan)
    labels[known], placed[:, known] = np.argsort(order)[groups.labels_], scores.T
    centres = found.inverse_transform(groups.cluster_centers_[order])
    return Components(
        found.mean_,
        found.components_,
        placed.reshape(count, *shape),
        found.explained_variance_ratio_,
        labels.reshape(shape),
        centres,
    )


def components_of(mu, energies, measured, clusters):
    """Find components and clusters of the normalised spectra of a measured stack, in the voxels that are
    used."""
    if measured.method.windows is None:
        raise InputError("--clusters: expected full spectra, got three energies; leave it out.")
    used = np.where(measured.reason == 0, mu, np.nan)
    values, _, _ = normalise_spectra(used, normalisation(energies, measured.method.windows))
    return components(values, clusters=clusters)
