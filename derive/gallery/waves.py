"""The wave equation u_tt = c^2 u_xx, nu = c dt/dx, and its kin: electric, elastic, Klein-Gordon, beam, Schroedinger, Airy."""

from __future__ import annotations

import sympy as sp

from derive.fields.symbols import theta
from derive.gallery.entry import Entry
from derive.gallery.operators import backward, centred, forward, second, second_fourth
from derive.gallery.parameters import decay, dispersion, inertia, mass, nu, nu_x, nu_y, nu_z, p, r, shear, susceptibility, u, v
from derive.schemes.grid import GridFunction, GridScheme

_w = GridFunction("w", 3)
_new, _now, _old = u[1, 0], u[0, 0], u[-1, 0]


def wave() -> GridScheme:
    """Centred in time and space."""
    return GridScheme(sp.Eq(_new - 2 * _now + _old, nu**2 * second(_now)))


def wave_2d() -> GridScheme:
    """Centred in time and space, in two dimensions: a Courant number per axis."""
    new, now, old = p[1, 0, 0], p[0, 0, 0], p[-1, 0, 0]
    return GridScheme(sp.Eq(new - 2 * now + old, nu_x**2 * second(now, 0) + nu_y**2 * second(now, 1)))


def wave_3d() -> GridScheme:
    """Centred in time and space, in three dimensions: a Courant number per axis."""
    new, now, old = (_w[n, 0, 0, 0] for n in (1, 0, -1))
    right = sum(k**2 * second(now, axis) for axis, k in enumerate((nu_x, nu_y, nu_z)))
    return GridScheme(sp.Eq(new - 2 * now + old, right))


def wave_fourth_order() -> GridScheme:
    """Centred in time, the second difference of fourth order in space."""
    return GridScheme(sp.Eq(_new - 2 * _now + _old, nu**2 * second_fourth(_now)))


def wave_theta() -> GridScheme:
    """Weight theta on the new and on the old level."""
    weighted = theta * (_new + _old) + (1 - 2 * theta) * _now
    return GridScheme(sp.Eq(_new - 2 * _now + _old, nu**2 * second(weighted)), assumptions=theta <= 1)


def wave_staggered() -> GridScheme:
    """Velocity u and stress v, each half a cell and half a step from the other."""
    return GridScheme(sp.Eq(_new, _now + nu * backward(v[0, 0])), sp.Eq(v[1, 0], v[0, 0] + nu * forward(_new)))


def elastic_2d() -> GridScheme:
    """P-SV waves, Virieux: velocities v and w, normal stresses s and q, shear stress z, each over density times speed."""
    v, w, s, q, z = (GridFunction(name, 2) for name in "vwsqz")
    v_new, w_new = v[1, 0, 0], w[1, 0, 0]
    along, across = nu_x * forward(v_new, 0), nu_y * backward(w_new, 1)
    other = 1 - 2 * shear  # Lame's first parameter over the modulus of pressure waves
    return GridScheme(
        sp.Eq(v_new - v[0, 0, 0], nu_x * backward(s[0, 0, 0], 0) + nu_y * backward(z[0, 0, 0], 1)),
        sp.Eq(w_new - w[0, 0, 0], nu_x * forward(z[0, 0, 0], 0) + nu_y * forward(q[0, 0, 0], 1)),
        sp.Eq(s[1, 0, 0] - s[0, 0, 0], along + other * across),
        sp.Eq(q[1, 0, 0] - q[0, 0, 0], other * along + across),
        sp.Eq(z[1, 0, 0] - z[0, 0, 0], shear * (nu_y * forward(v_new, 1) + nu_x * backward(w_new, 0))),
        assumptions=shear <= 1,
    )


def yee_2d() -> GridScheme:
    """Yee's scheme for Maxwell's equations: electric field e, magnetic fields h and k; nu_x, nu_y for equal media."""
    e, h, k = (GridFunction(name, 2) for name in ("e", "h", "k"))
    new, now = e[1, 0, 0], e[0, 0, 0]
    return GridScheme(
        sp.Eq(new, now + nu_x * backward(k[0, 0, 0], 0) - nu_y * backward(h[0, 0, 0], 1)),
        sp.Eq(h[1, 0, 0], h[0, 0, 0] - nu_y * forward(new, 1)),
        sp.Eq(k[1, 0, 0], k[0, 0, 0] + nu_x * forward(new, 0)),
    )


def maxwell_lossy() -> GridScheme:
    """Yee's scheme in 1-D in a conductor: the loss s = sigma dt/epsilon on the mean of the old and the new electric field u."""
    loss = decay * (_new + _now) / 2
    return GridScheme(sp.Eq(_new - _now, nu * backward(v[0, 0]) - loss), sp.Eq(v[1, 0], v[0, 0] + nu * forward(_new)))


def maxwell_debye() -> GridScheme:
    """Yee's scheme in 1-D in a medium that relaxes: the polarisation p by the trapezoidal rule, chi its strength."""
    p = GridFunction("p", 1)
    relaxed = inertia * (p[1, 0] - p[0, 0]) + (p[1, 0] + p[0, 0]) / 2
    return GridScheme(
        sp.Eq(_new - _now + p[1, 0] - p[0, 0], nu * backward(v[0, 0])),
        sp.Eq(v[1, 0], v[0, 0] + nu * forward(_new)),
        sp.Eq(relaxed, susceptibility * (_new + _now) / 2),
    )


def wave_modified() -> GridScheme:
    """Fourth order in time as well, by the modified equation: u_tttt is c^4 u_xxxx."""
    right = nu**2 * second_fourth(_now) + nu**4 * second(second(_now)) / 12
    return GridScheme(sp.Eq(_new - 2 * _now + _old, right))


def klein_gordon() -> GridScheme:
    """Leapfrog for u_tt = c^2 u_xx - M^2 u, m = M dt."""
    return GridScheme(sp.Eq(_new - 2 * _now + _old, nu**2 * second(_now) - mass**2 * _now))


def beam() -> GridScheme:
    """Leapfrog for the Euler-Bernoulli beam u_tt = -b^2 u_xxxx, r = b dt/dx^2."""
    return GridScheme(sp.Eq(_new - 2 * _now + _old, -(r**2) * second(second(_now))))


def schroedinger_euler() -> GridScheme:
    """Forward Euler for u_t = i u_xx, r = dt/dx^2."""
    return GridScheme(sp.Eq(_new, _now + sp.I * r * second(_now)))


def schroedinger_crank_nicolson() -> GridScheme:
    """The trapezoidal rule for u_t = i u_xx, r = dt/dx^2."""
    return GridScheme(sp.Eq(_new, _now + sp.I * r * second(_new + _now) / 2))


def schroedinger_leapfrog() -> GridScheme:
    """Centred in time (Askar and Cakmak)."""
    return GridScheme(sp.Eq(_new, _old + 2 * sp.I * r * second(_now)))


def airy_leapfrog() -> GridScheme:
    """Leapfrog for u_t + u_xxx = 0, the linear part of Zabusky and Kruskal's scheme; mu = dt/dx^3."""
    return GridScheme(sp.Eq(_new, _old - 2 * dispersion * second(centred(_now))))


ENTRIES = {
    "wave": Entry("wave equation, leapfrog", "Strikwerda 2004, Sec 8.2", wave),
    "wave-2d": Entry("wave equation in 2-D, leapfrog", "Strikwerda 2004, Sec 8.3", wave_2d),
    "wave-3d": Entry("wave equation in 3-D, leapfrog", "Strikwerda 2004, Sec 8.3", wave_3d),
    "wave-fourth-order": Entry("wave equation, leapfrog, fourth order in space", "Strikwerda 2004, Sec 8.2", wave_fourth_order),
    "wave-modified": Entry("wave equation, fourth order in time and space", "Dablain 1986", wave_modified),
    "wave-theta": Entry("wave equation, theta scheme", "Richtmyer and Morton 1967, Sec 10.2", wave_theta),
    "wave-staggered": Entry("wave equation as a staggered system", "Morton and Mayers 2005, Sec 4.10", wave_staggered),
    "elastic-2d": Entry("elastic P-SV waves in 2-D, velocity and stress staggered", "Virieux 1986", elastic_2d),
    "yee-2d": Entry("Maxwell's equations in 2-D, Yee", "Taflove and Hagness 2005, Sec 4.7", yee_2d),
    "maxwell-lossy": Entry("Maxwell's equations in a conductor, Yee", "Taflove and Hagness 2005, Sec 3.6", maxwell_lossy),
    "maxwell-debye": Entry("Maxwell's equations in a Debye medium, Yee", "Petropoulos 1994", maxwell_debye),
    "klein-gordon": Entry("Klein-Gordon equation, leapfrog", "Strikwerda 2004, Sec 8.2", klein_gordon),
    "beam": Entry("Euler-Bernoulli beam, leapfrog", "Strikwerda 2004, Sec 8.2", beam),
    "schroedinger-euler": Entry("Schroedinger, forward Euler", "Strikwerda 2004, Sec 6.3", schroedinger_euler),
    "schroedinger-crank-nicolson": Entry(
        "Schroedinger, Crank-Nicolson", "Strikwerda 2004, Sec 6.3", schroedinger_crank_nicolson
    ),
    "schroedinger-leapfrog": Entry("Schroedinger, leapfrog", "Askar and Cakmak 1978", schroedinger_leapfrog),
    "airy-leapfrog": Entry("Airy equation, leapfrog (linear Zabusky-Kruskal)", "Zabusky and Kruskal 1965", airy_leapfrog),
}
